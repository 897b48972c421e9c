"""Two people in two browsers: one invites by a link, the other signs up through it, and what they may changes."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage
from tests.live_server import LiveServer

PASSWORD = "correct horse battery"


def sign_in(page: Page, username: str) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button.primary[type=submit]").click()
    expect(page.locator(".avatar-btn")).to_be_visible()


def make_org_with_project(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="New organisation").click()
    page.get_by_label("Name in addresses").fill("lab")
    page.get_by_role("button", name="Create organisation").click()
    expect(page).to_have_url(re.compile("/orgs/lab/members$"))
    page.get_by_role("link", name="Projects").click()
    page.get_by_role("link", name="New project").click()
    page.locator("[name=slug]").fill("mnist")
    page.get_by_role("button", name="Create project").click()
    expect(page).to_have_url(re.compile("/lab/mnist$"))


def test_invited_person_signs_up_and_sees_what_their_role_lets_them(
    shared_server: LiveServer, new_page: NewPage
) -> None:
    shared_server.adduser("ada", "--password", PASSWORD)
    admin = new_page(shared_server)
    sign_in(admin, "ada")
    make_org_with_project(admin)

    admin.goto("/orgs/lab/invitations")
    admin.get_by_role("main").get_by_role("button", name="Invite").click()
    link = admin.locator("#new-link").inner_text()

    guest = new_page(shared_server)
    guest.goto(link)
    expect(guest.get_by_text("ada invites you as Member.")).to_be_visible()
    guest.get_by_role("link", name="Create an account").click()
    guest.get_by_label("Username").fill("bob")
    guest.get_by_label("E-mail").fill("bob@example.org")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_label("Password again").fill(PASSWORD)
    guest.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(guest).to_have_url(re.compile("/lab$"))
    expect(guest.get_by_role("main").get_by_role("link", name="New project")).to_be_visible()
    expect(guest.get_by_role("link", name="mnist")).to_be_visible()

    admin.goto("/orgs/lab/members")
    admin.get_by_role("button", name="Role of bob: Member").click()
    admin.get_by_role("button", name="Viewer").click()
    expect(admin.get_by_text("bob is Viewer now")).to_be_visible()

    guest.reload()
    expect(guest.get_by_role("link", name="mnist")).to_be_visible()
    expect(guest.get_by_role("main").get_by_role("link", name="New project")).to_have_count(0)
