"""What every answer tells the browser about what it may do."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.api.access_matrix import ACTORS, ADMIN, Row
from tests.api.test_access_matrix import OURS, ROUTES, World, world
from tests.conftest import Cast
from tests.security.rows import PAGES, ROWS, ask, by_family, each, is_rest, url_of

__all__ = ["world"]  # The fixture.


def url_of_route(row: Row) -> str:
    return str(OURS[row.route].pattern.pattern)


PATHS = [
    ("/accounts/login/", 200),
    ("/settings/keys", 302),
    ("/acme/mnist", 302),
    ("/nowhere.php", 404),
    ("/?x=%00", 400),
    ("/api/v1/auth/me", 401),
    ("/api/v1/nothing", 404),
    ("/api/v1/schema", 200),
    ("/api/docs", 200),
    ("/admin/", 302),
]


@pytest.mark.parametrize(("path", "status"), PATHS)
def test_every_answer_is_guarded(cast: Cast, path: str, status: int) -> None:
    response = Client().get(path)
    assert response.status_code == status
    assert_guarded(response)


def assert_guarded(response: Any) -> None:
    """Check what every answer says, whoever asked for whatever."""
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    for directive in (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ):
        assert directive in policy
    assert "unsafe" not in policy
    assert {"private", "no-store"} & set(re.split(r"[ ,]+", headers["Cache-Control"]))
    if headers["Content-Type"].startswith("text/html") and response.content:
        assert_fits_policy(response.content.decode(), policy)


@by_family([row for row in ROWS if row.method == "GET"])
def test_every_route_is_guarded_for_everybody(rows: list[Row], world: World) -> None:
    """Pages, answers and errors alike: what is refused could be framed as well."""
    for row in each(rows):
        for actor in ("anonymous", "stranger", "viewer", "admin"):
            response = ask(world.client(actor, is_api=is_rest(row)), row, url_of(row, world))
            assert response.status_code == row.expected[ACTORS.index(actor)]
            assert_guarded(response)


@by_family([row for row in PAGES if url_of_route(row).startswith("settings/")])
def test_pages_about_an_account_are_not_kept(rows: list[Row], world: World) -> None:
    """Whoever presses "back" after the sign-out must not see keys and addresses."""
    for row in each(rows):
        response = ask(world.client("admin", is_api=False), row, url_of(row, world))
        if response.status_code in {200, 422}:
            assert "no-store" in response.headers["Cache-Control"]


def test_the_admin_is_guarded(world: World) -> None:
    """Its pages are Django's own, with our rows in them."""
    client = world.client("superuser", is_api=False)
    names = [
        name for name, route in ROUTES.items()
        if name.startswith(ADMIN) and not route.arguments and name != "admin:None"
    ]  # fmt: skip
    assert len(names) > 20
    for name in names:
        response = client.get(reverse(name))
        if response.status_code in {200, 403}:
            assert_guarded(response)


def assert_fits_policy(html: str, policy: str) -> None:
    for attributes in re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", html):
        nonce = re.search(r'nonce="([^"]+)"', attributes)
        is_data = 'type="application/json"' in attributes
        assert is_data or (nonce and f"'nonce-{nonce[1]}'" in policy), attributes
    assert not re.search(r"<style[\s>]|\sstyle=[\"']|\son[a-z]+=[\"']|javascript:", html)


def test_a_nonce_is_used_once(cast: Cast) -> None:
    policies = {
        Client().get("/accounts/login/").headers["Content-Security-Policy"] for _ in range(3)
    }
    assert len(policies) == 3


def test_other_sites_read_nothing(cast: Cast) -> None:
    """No CORS: a page elsewhere cannot read what the browser's session would show."""
    client = Client(headers={"Origin": "https://evil.example"})
    client.force_login(cast.ann)
    for method in ("get", "options"):
        response = getattr(client, method)("/api/v1/auth/me")
        assert not any(name.startswith("Access-Control") for name in response.headers)


def test_a_header_cannot_be_split(cast: Cast) -> None:
    client = Client()
    for path in (
        "/acme/a%0d%0aSet-Cookie:x=1",
        "/settings/keys?next=%0d%0aSet-Cookie:x=1",
        "/x%0a%0d",
    ):
        response = client.get(path)
        assert "x" not in response.cookies
        assert "\n" not in response.headers.get("Location", "")


def test_over_https_cookies_and_links_stay_there(cast: Cast, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 3600
    plain = Client().get("/accounts/login/")
    assert (plain.status_code, plain.headers["Location"]) == (
        301,
        "https://testserver/accounts/login/",
    )
    assert Client().get("/accounts/login/", secure=True).headers["Strict-Transport-Security"]


def test_the_scheme_is_not_the_visitor_s_to_say(cast: Cast) -> None:
    client = Client(headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"})
    response = client.get("/api/v1/projects")
    assert b"https://" not in response.content
    assert not response.wsgi_request.is_secure()
