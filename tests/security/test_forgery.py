"""Another site cannot make a signed-in browser change anything, on any route, nor send it elsewhere."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.orgs.models import User
from tests.api.access_matrix import PUBLIC, Row
from tests.api.rest import error_of
from tests.api.test_access_matrix import World, world
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.security.rows import (
    UNSAFE,
    ask,
    by_family,
    each,
    expected_of,
    is_rest,
    rights,
    undone,
    url_of,
)

__all__ = ["world"]  # The fixture.

# Those that ann may ask for, so that only the missing token can be what stops her.
ALLOWED = [row for row in UNSAFE if expected_of(row, "admin") != 404]
FORMS = {"account_login", "account_logout", "account_signup", "orgs:language", "orgs:theme"}
ELSEWHERE = [
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "http:///evil.example", "https:evil.example", "javascript:alert(1)", "data:text/html,x", " //evil.example",
    "/\t/evil.example", "/%09/evil.example/../..//evil.example", "https://testserver@evil.example/",
    "https://testserver.evil.example/", "//evil.example%2f..", "\x01//evil.example", "//[::1]@evil.example",
]  # fmt: skip


@by_family(ALLOWED)
def test_without_its_token_a_browser_changes_nothing(rows: list[Row], world: World) -> None:
    for row in each(rows):
        client = Client(enforce_csrf_checks=True)
        client.force_login(world.people["admin"])
        before = rights()
        for headers in ({}, {"Origin": "https://evil.example"}, {"X-CSRFToken": "x" * 64}):
            client.defaults = {
                f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()
            }
            with undone():
                response = ask(client, row, url_of(row, world))
                assert response.status_code == 403, headers
                if is_rest(row):
                    assert "CSRF" in error_of(response)["message"]
                assert rights() == before


@pytest.mark.parametrize("name", sorted(FORMS & PUBLIC.keys()))
def test_not_even_forms_for_everybody_are_sent_from_elsewhere(cast: Cast, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ann)
    session = client.cookies["wanllmdb_session"].value
    body = {"login": "sam", "password": PASSWORD, "language": "zh-hans", "theme": "dark"}
    assert client.post(reverse(name), body).status_code == 403
    assert client.cookies["wanllmdb_session"].value == session
    assert User.objects.get(pk=cast.ann.pk).theme == "system"


def test_a_token_from_another_origin_is_refused(cast: Cast) -> None:
    """Over HTTPS the origin is looked at as well, so that a token planted by a neighbour does not help."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ann)
    request = RequestFactory().get("/")
    token = get_token(request)
    client.cookies["wanllmdb_csrf"] = request.META["CSRF_COOKIE"]
    form = {"theme": "dark", "csrfmiddlewaretoken": token}
    for headers in ({"Origin": "https://evil.example"}, {"Referer": "https://evil.example/"}, {}):
        assert client.post("/settings/theme", form, secure=True, headers=headers).status_code == 403
    good = {"Origin": "https://testserver"}
    assert client.post("/settings/theme", form, secure=True, headers=good).status_code == 302


def is_ours(location: str) -> bool:
    """Tell whether a browser that is sent there stays: it takes \\ for / and skips white space."""
    plain = "".join(c for c in location if c > " ").replace("\\", "/")
    parts = urlsplit(urljoin("http://testserver/a/b", plain))
    return (parts.scheme, parts.netloc) == ("http", "testserver")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_sent_elsewhere(cast: Cast, target: str) -> None:
    for path, form in (
        ("/accounts/login/", {"login": "ann", "password": PASSWORD}),
        ("/accounts/logout/", {}),
        ("/settings/language", {"language": "en"}),
        ("/settings/theme", {"theme": "dark"}),
    ):
        client = Client()
        if "login" not in path:
            client.force_login(cast.ann)
        response = client.post(path, {**form, "next": target})
        assert response.status_code == 302, path
        assert is_ours(response.headers["Location"]), path
    client = Client()
    client.force_login(cast.ann)
    for path in ("/accounts/login/", "/accounts/logout/", "/accounts/signup/", "/admin/login/"):
        response = client.get(path, {"next": target})
        assert response.status_code in {200, 302, 403}
        assert is_ours(response.headers.get("Location", "/")), path


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_way_back_of_a_fragment_is_ours(cast: Cast, target: str) -> None:
    """htmx tells by a header on which page it was: nothing but its path is believed."""
    headers = {
        "HX-Request": "true",
        "HX-Current-URL": target.encode("latin-1", "replace").decode("latin-1"),
    }
    response = Client().get("/acme/mnist", headers=headers)
    assert response.status_code == 401
    back = Client()
    form = {"login": "ann", "password": PASSWORD}
    landed = back.post(response.headers["HX-Redirect"], form)
    assert landed.status_code == 302
    assert is_ours(landed.headers["Location"])
