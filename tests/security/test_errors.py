"""Under /api every answer is JSON of one shape, whatever went wrong."""

from collections.abc import Callable
from unittest import mock

import pytest
from django.test import Client, override_settings

from apps.orgs.models import User
from apps.runs import search
from tests.api.rest import error_of, send
from tests.conftest import Cast

AsUser = Callable[[User], Client]


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nothing", "/api/v1", "/api/", "/api/v2/auth/me", "/api/v1/auth/me/", "/api/v1//auth/me",
     "/api/v1/%00", "/api/v1/projects/a/b/c/d/e", "/api/acme", "/api/v1/auth/keys/x"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_no_such_address(cast: Cast, as_user: AsUser, path: str, method: str) -> None:
    for client in (as_user(cast.ann), Client()):
        response = getattr(client, method)(path)
        assert response.status_code == 404
        assert error_of(response)["code"] == "not_found"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_such_method(cast: Cast, as_user: AsUser, method: str) -> None:
    response = send(as_user(cast.ann), method, "orgs", {})
    assert response.status_code == 405
    assert error_of(response)["code"] == "method_not_allowed"
    assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/msgpack", ""],
)  # fmt: skip
def test_no_such_kind_of_body(cast: Cast, as_user: AsUser, content_type: str) -> None:
    response = as_user(cast.ann).generic("POST", "/api/v1/orgs", b"{}", content_type=content_type)
    assert response.status_code == 415
    error_of(response)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "x"])
def test_no_such_kind_of_answer(cast: Cast, as_user: AsUser, accept: str) -> None:
    """Every route answers in the form it documents, whoever asks for what."""
    response = as_user(cast.ann).get("/api/v1/orgs", headers={"Accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"slug": "a"',
        b"\xff",
        b"nonsense",
        b"[" * 9999,
        rb'{"slug": "\ud800"}',
        b"{}{}",
    ],
    ids=lambda body: repr(body[:9]),
)
def test_no_such_body(cast: Cast, as_user: AsUser, body: bytes) -> None:
    client = as_user(cast.ann)
    for path in ("/api/v1/orgs", "/api/v1/projects", "/api/v1/auth/keys", "/api/v1/auth/login"):
        response = client.post(path, body, content_type="application/json")
        # An empty body is one without fields.
        assert response.status_code == (400 if body else 422), path
        assert error_of(response)["code"] == ("malformed" if body else "invalid")


@pytest.mark.parametrize("body", ["[]", "null", "7", '"x"', "true", '[{"slug": "a"}]'])
def test_a_body_that_is_no_object(cast: Cast, as_user: AsUser, body: str) -> None:
    client = as_user(cast.ann)
    for path in ("/api/v1/orgs", "/api/v1/projects", "/api/v1/auth/login"):
        response = client.post(path, body, content_type="application/json")
        assert response.status_code == 422, path
        error_of(response)


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_a_body_that_is_too_long(cast: Cast, as_user: AsUser) -> None:
    response = send(as_user(cast.ann), "post", "orgs", {"slug": "x" * 1000})
    assert response.status_code == 413
    assert error_of(response)["code"] == "limit_exceeded"


def test_a_field_that_is_not_known_is_named(cast: Cast, as_user: AsUser) -> None:
    response = send(as_user(cast.ann), "post", "orgs", {"slug": "lab", "a": 1, "slog": "x"})
    error = error_of(response)
    assert error["fields"].keys() == {"a", "slog"}
    assert "description, name, parent, slug" in error["fields"]["a"][0]


def test_a_fault_of_ours_says_so_and_nothing_more(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.ann)
    client.raise_request_exception = False
    with mock.patch.object(search, "page", side_effect=RuntimeError("the secret is 42")):
        response = send(client, "get", "projects/acme/mnist/runs")
    assert response.status_code == 500
    assert error_of(response)["code"] == "server_error"
    assert b"secret" not in response.content


def test_a_host_that_is_not_ours(db: None) -> None:
    client = Client(headers={"Host": "evil.example"})
    response = client.get("/api/v1/auth/me")
    assert response.status_code == 400
    assert error_of(response)["code"] == "malformed"
    page = client.get("/accounts/login/")
    assert page.status_code == 400
    assert b"evil.example" not in page.content


def test_errors_are_told_in_the_language_asked_for(cast: Cast) -> None:
    for language in ("en", "zh-hans", "xx", "\x7f", "a" * 5000):
        response = Client().get("/api/v1/auth/me", headers={"Accept-Language": language})
        assert response.status_code == 401
        error_of(response)


def test_pages_have_pages_of_errors(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.sam)
    for path, status in (
        ("/acme/mnist", 404),
        ("/nowhere.php", 404),
        ("/a/b/c/d", 404),
        ("/?x=%00", 400),
        ("/%00", 404),
    ):
        response = client.get(path)
        assert response.status_code == status, path
        assert response.headers["Content-Type"].startswith("text/html")
    client.force_login(cast.vic)
    assert client.get("/acme/mnist/delete").status_code == 403


def test_options_say_what_there_is(cast: Cast, as_user: AsUser) -> None:
    response = as_user(cast.vic).options("/api/v1/projects/acme/mnist")
    assert response.status_code == 200
    assert Client().options("/api/v1/projects/acme/mnist").status_code == 401
