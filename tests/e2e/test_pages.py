"""Languages, themes, the keyboard and the phone, on the pages of one project."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage
from tests.live_server import LiveServer

PASSWORD = "correct horse battery"
PAGES = ["/", "/new", "/settings/profile", "/settings/keys", "/ben/mnist", "/ben/mnist/runs/r1"]


def ask(server: LiveServer, key: str, path: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{server.url}/api/v1{path}",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status in {200, 201}


@pytest.fixture(scope="module")
def server(shared_server: LiveServer) -> LiveServer:
    """A server with ben, his project `mnist` and its ended run `r1`."""
    key = shared_server.adduser("ben", "--password", PASSWORD)
    ask(shared_server, key, "/projects", {"org": "ben", "slug": "mnist"})
    run = {"id": "r1", "name": "run one", "config": {"lr": 0.1}, "tags": ["paper"]}
    ask(shared_server, key, "/projects/ben/mnist/runs", run)
    return shared_server


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill("ben")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button.primary[type=submit]").click()
    expect(page.locator(".avatar-btn")).to_be_visible()


def test_wrong_password_is_told_without_saying_which_half(
    server: LiveServer, new_page: NewPage
) -> None:
    page = new_page(server)
    page.goto("/ben/mnist")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_label("Username or e-mail").fill("ben")
    page.get_by_label("Password").fill("wrong horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".form-error[role=alert]")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/ben/mnist$"))


def test_theme_changes_at_once_and_stays(server: LiveServer, new_page: NewPage) -> None:
    page = new_page(server)
    sign_in(page)
    page.locator(".avatar-btn").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#account-menu")).to_be_visible()
    expect(page.locator("html")).to_have_css("background-color", "rgb(15, 17, 20)")
    with page.expect_navigation():
        page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator(".avatar-btn").click()
    page.get_by_role("button", name="As the system").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "system")


def test_language_is_chosen_before_signing_in(server: LiveServer, new_page: NewPage) -> None:
    page = new_page(server)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_page_is_reached_by_keyboard(server: LiveServer, new_page: NewPage) -> None:
    page = new_page(server)
    sign_in(page)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.locator(".avatar-btn").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#account-menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#account-menu")).not_to_be_visible()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-CN", "dark")])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1100), (1440, 900)])
def test_nothing_hangs_over_the_edge(
    server: LiveServer, new_page: NewPage, language: str, theme: str, width: int, height: int
) -> None:
    page = new_page(server, language=language, theme=theme, width=width, height=height)
    sign_in(page)
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.locator("h1").count() == 1, path


def test_thumb_reaches_every_place_on_a_phone(server: LiveServer, new_page: NewPage) -> None:
    page = new_page(server, width=390, height=844)
    sign_in(page)
    bar = page.locator(".thumbbar")
    for name, address in (("New project", "/new"), ("API keys", "/settings/keys"), ("Home", "/")):
        bar.get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile(f"{address}$"))
        expect(bar.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    for link in bar.get_by_role("link").all():
        box = link.bounding_box()
        assert box is not None
        assert box["height"] >= 44
