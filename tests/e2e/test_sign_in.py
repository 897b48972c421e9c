"""Second factors in a real browser: an authenticator app, a security key and a passkey of Chromium's own."""

from __future__ import annotations

import re
import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import CDPSession, Page, expect

from tests.e2e.conftest import NewPage
from tests.live_server import LiveServer

PASSWORD = "correct horse battery"
STEP_S = 30


def code_now(secret: str) -> str:
    """Return what an authenticator app shows, early enough in its half minute to be typed."""
    left = STEP_S - time.time() % STEP_S
    if left < 5:
        time.sleep(left + 0.1)
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // STEP_S)))


def plug_in_key(page: Page) -> CDPSession:
    """Give the browser a key that knows its owner and keeps passkeys."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tools


def at(server: LiveServer, path: str) -> str:
    """Return an address by name: numbers are no home for passkeys."""
    return f"http://localhost:{server.port}{path}"


def sign_in(page: Page, server: LiveServer, name: str) -> None:
    page.goto(at(server, "/accounts/login/"))
    page.get_by_label("Username or e-mail").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm_password(page: Page) -> None:
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def sign_out(page: Page, server: LiveServer) -> None:
    page.goto(at(server, "/accounts/logout/"))
    page.locator("main button.primary[type=submit]").click()
    page.goto(at(server, "/settings/profile"))
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_an_authenticator_app_from_setting_up_to_signing_in(
    shared_server: LiveServer, new_page: NewPage
) -> None:
    shared_server.adduser("tia", "--password", PASSWORD)
    page = new_page(shared_server)
    sign_in(page, shared_server, "tia")
    page.goto(at(shared_server, "/settings/security"))
    page.get_by_role("link", name="Set up").click()
    confirm_password(page)
    picture = page.get_by_alt_text("QR code for the authenticator app")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    secret = page.locator("#totp-key").inner_text()
    page.get_by_label("Code that the app shows").fill("000000")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".error")).to_be_visible()
    assert page.locator("#totp-key").inner_text() == secret
    page.get_by_label("Code that the app shows").fill(code_now(secret))
    page.get_by_role("button", name="Turn on").click()
    codes = page.locator("#recovery-codes").inner_text().split()
    assert len(set(codes)) == 10

    sign_out(page, shared_server)
    sign_in(page, shared_server, "tia")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_label("Code of your authenticator app").fill(codes[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(at(shared_server, "/settings/security"))
    expect(page.get_by_text("9 codes left")).to_be_visible()


def test_a_security_key_is_the_second_step(shared_server: LiveServer, new_page: NewPage) -> None:
    shared_server.adduser("kim", "--password", PASSWORD)
    page = new_page(shared_server)
    plug_in_key(page)
    sign_in(page, shared_server, "kim")
    page.goto(at(shared_server, "/settings/security/keys/new"))
    confirm_password(page)
    page.get_by_label("Name").fill("blue key")
    page.get_by_role("button", name="Add key").click()
    expect(page.locator("#recovery-codes")).to_be_visible()

    sign_out(page, shared_server)
    sign_in(page, shared_server, "kim")
    page.get_by_role("button", name="Use a security key").click()
    expect(page).to_have_title(re.compile("Home"))
    page.goto(at(shared_server, "/settings/security"))
    row = page.get_by_role("row", name=re.compile("blue key"))
    expect(row).to_contain_text("Second factor")
    row.get_by_role("link", name="Remove").click()
    confirm_password(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row", name=re.compile("blue key"))).to_have_count(0)


def test_a_passkey_signs_in_without_a_password(
    shared_server: LiveServer, new_page: NewPage
) -> None:
    shared_server.adduser("pia", "--password", PASSWORD)
    page = new_page(shared_server)
    tools = plug_in_key(page)
    sign_in(page, shared_server, "pia")
    page.goto(at(shared_server, "/settings/security/keys/new"))
    confirm_password(page)
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add key").click()
    expect(page.locator("#recovery-codes")).to_be_visible()

    sign_out(page, shared_server)
    page.goto(at(shared_server, "/accounts/login/?next=/settings/profile"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/settings/profile$"))
    expect(page.locator(".title-row")).to_contain_text("pia")

    sign_out(page, shared_server)
    tools.send("WebAuthn.disable")
    plug_in_key(page)  # An empty one.
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No security key answered")
