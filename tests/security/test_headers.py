"""What every answer tells the browser about what it may do."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from tests.conftest import Cast

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


@pytest.mark.parametrize(
    "path", ["/", "/acme/mnist", "/settings/keys", "/settings/profile", "/new", "/admin/"]
)
def test_pages_have_no_inline_code_but_by_nonce(cast: Cast, path: str) -> None:
    client = Client()
    cast.ann.is_staff = cast.ann.is_superuser = True
    cast.ann.save()
    client.force_login(cast.ann)
    response = client.get(path)
    assert response.status_code == 200
    html = response.content.decode()
    assert_fits_policy(html, response.headers["Content-Security-Policy"])


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


def test_pages_with_secrets_are_not_kept(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.ann)
    for path in ("/settings/keys", "/settings/profile"):
        assert "no-store" in client.get(path).headers["Cache-Control"], path


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
