"""A browser's session changes nothing through REST without its token; keys need none."""

import pytest
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory

from apps.orgs import services
from apps.orgs.models import Org
from tests.api.rest import error_of
from tests.conftest import Cast

WRITES = [
    ("post", "/api/v1/orgs"),
    ("patch", "/api/v1/orgs/acme"),
    ("patch", "/api/v1/auth/me"),
    ("post", "/api/v1/auth/keys"),
    ("delete", "/api/v1/auth/keys/1"),
    ("post", "/api/v1/projects"),
    ("patch", "/api/v1/projects/acme/mnist"),
    ("delete", "/api/v1/projects/acme/mnist"),
    ("post", "/api/v1/projects/acme/mnist/runs"),
]


@pytest.fixture
def browser(cast: Cast) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ann)
    return client


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_session_alone_writes_nothing(browser: Client, method: str, path: str) -> None:
    for headers in ({}, {"X-CSRFToken": "x" * 32}, {"Origin": "https://evil.example"}):
        response = getattr(browser, method)(
            path, {"slug": "lab"}, content_type="application/json", headers=headers
        )
        assert response.status_code == 403
        assert "CSRF" in error_of(response)["message"]
    assert not Org.objects.filter(slug="lab").exists()


def test_with_its_token_it_does(browser: Client) -> None:
    request = RequestFactory().get("/")
    token = get_token(request)
    browser.cookies["wanllmdb_csrf"] = request.META["CSRF_COOKIE"]
    response = browser.post(
        "/api/v1/orgs",
        {"slug": "lab"},
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert response.status_code == 201


def test_a_session_reads_without_one(browser: Client) -> None:
    assert browser.get("/api/v1/auth/me").status_code == 200


def test_a_key_needs_none_even_beside_a_session(cast: Cast, browser: Client) -> None:
    """The header decides: what it says, no other site could have sent."""
    _key, secret = services.create_api_key(user=cast.sam, name="k")
    response = browser.post(
        "/api/v1/orgs",
        {"slug": "lab"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert response.status_code == 201
    assert Org.objects.get(slug="lab").memberships.get().user == cast.sam
