"""What every page has in common: language, theme, policy, and nothing inline."""

import re

import pytest
from django.test import Client

from tests.conftest import Cast
from tests.factories import make_run

PAGES = [
    "/",
    "/new",
    "/settings/profile",
    "/settings/keys",
    "/accounts/password/change/",
    "/acme/mnist",
    "/acme/mnist/settings",
    "/acme/mnist/delete",
    "/acme/mnist/runs/first",
    "/acme/mnist/runs/first/charts",
    "/acme/mnist/runs/first/system",
    "/acme/mnist/runs/first/logs",
]


@pytest.fixture
def visitor(cast: Cast) -> Client:
    """A browser in which ann is signed in; `mnist` has one run, `first`."""
    make_run(cast.mnist, cast.ann, short_id="first", config={"lr": 0.1, "optim": {"name": "muon"}})
    client = Client()
    client.force_login(cast.ann)
    return client


@pytest.mark.parametrize("path", PAGES)
def test_page_is_whole_and_has_nothing_inline(visitor: Client, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert '<html lang="en"' in html
    assert 'href="#main"' in html
    assert len(re.findall(r'<main id="main"', html)) == 1
    assert len(re.findall(r"<h1\b", html)) == 1
    assert not re.search(r"\sstyle=|<style\b", html)
    scripts = re.findall(r"<script\b([^>]*)>", html)
    for attributes in scripts:
        is_data = 'type="application/json"' in attributes
        is_import_map = 'type="importmap"' in attributes and 'nonce="' in attributes
        assert is_data or is_import_map or " src=" in attributes, attributes


@pytest.mark.parametrize("path", PAGES)
def test_page_can_be_read_in_chinese(visitor: Client, path: str) -> None:
    html = visitor.get(path, headers={"Accept-Language": "zh-CN"}).content.decode()
    assert '<html lang="zh-Hans"' in html


@pytest.mark.parametrize("path", PAGES)
def test_labels_point_at_their_fields(visitor: Client, path: str) -> None:
    html = visitor.get(path).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'<label for="([^"]+)"', html):
        assert target in ids
    for targets in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', html):
        assert set(targets.split()) <= set(ids)


def test_policy_allows_our_files_and_the_import_map_only(visitor: Client) -> None:
    answer = visitor.get("/")
    policy = answer.headers["Content-Security-Policy"]
    found = re.search(r"script-src 'self' 'nonce-([^']+)'(;|$)", policy)
    assert found, policy
    assert f'nonce="{found[1]}"' in answer.content.decode()
    assert "unsafe" not in policy


def test_theme_is_in_the_first_byte_so_that_nothing_flashes(visitor: Client, cast: Cast) -> None:
    assert 'data-theme="system"' in visitor.get("/").content.decode()
    cast.ann.theme = "dark"
    cast.ann.save()
    assert 'data-theme="dark"' in visitor.get("/").content.decode()


def test_signed_out_visitor_has_theme_and_language_from_cookies(cast: Cast) -> None:
    client = Client()
    client.post("/settings/theme", {"theme": "dark", "next": "/accounts/login/"})
    answer = client.post("/settings/language", {"language": "zh-hans", "next": "/accounts/login/"})
    assert answer.headers["Location"] == "/accounts/login/"
    html = client.get("/accounts/login/").content.decode()
    assert 'data-theme="dark"' in html
    assert 'lang="zh-Hans"' in html


def test_form_does_not_lead_to_another_site(visitor: Client) -> None:
    answer = visitor.post("/settings/theme", {"theme": "dark", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_missing_page_says_so_in_the_shell(visitor: Client) -> None:
    answer = visitor.get("/acme/mnist/runs/first/none")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_broken_page_needs_nothing_to_be_shown(visitor: Client) -> None:
    from django.template.loader import render_to_string

    for name in ("400.html", "403_csrf.html", "500.html"):
        assert "<h1>" in render_to_string(name)
