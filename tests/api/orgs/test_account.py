"""/auth/me and /auth/keys."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from apps.core import clock
from apps.orgs import services
from apps.orgs.models import ApiKey, User
from tests.api.rest import error_of, send
from tests.conftest import Cast

AsUser = Callable[[User], Client]


def with_scope(user: User, scope: str) -> Client:
    _key, secret = services.create_api_key(user=user, name="test", scope=scope)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_me_says_who_asks_and_where_they_belong(cast: Cast, as_user: AsUser) -> None:
    body = send(as_user(cast.mel), "get", "auth/me").json()
    assert body == {
        "username": "mel",
        "name": "",
        "email": "mel@example.org",
        "org": "mel",
        "orgs": [
            {"slug": "acme", "name": "acme", "role": "member"},
            {"slug": "mel", "name": "mel", "role": "admin"},
        ],
        "language": "",
        "theme": "system",
        "is_administrator": False,
        "server": "0.1.0",
    }


@pytest.mark.parametrize("form", ["Bearer {0}", "bearer {0}", "Bearer  {0} "])
def test_a_key_is_sent_as_bearer(cast: Cast, form: str) -> None:
    _key, secret = services.create_api_key(user=cast.mel, name="k")
    client = Client(headers={"Authorization": form.format(secret)})
    assert send(client, "get", "auth/me").json()["username"] == "mel"


def test_or_as_the_password_of_basic(cast: Cast) -> None:
    _key, secret = services.create_api_key(user=cast.mel, name="k")
    for user in ("api", "mel", "anything", ""):
        client = Client(headers={"Authorization": basic(f"{user}:{secret}")})
        assert send(client, "get", "auth/me").json()["username"] == "mel"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic",
        "Basic !!!",
        "Basic /w==",
        "Digest x",
        "x",
        "Token abc",
        "Bearer " + "0" * 40,
        "Bearer a.b.c",
        "Basic eA==",
    ],
)
def test_any_other_header_is_refused_even_with_a_session(cast: Cast, header: str) -> None:
    client = Client(headers={"Authorization": header})
    client.force_login(cast.ann)
    response = send(client, "get", "auth/me")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    error_of(response)


def test_one_changes_only_what_is_one_s_own_to_change(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.mel)
    body = {"name": "Mel", "language": "zh-hans", "theme": "dark"}
    assert send(client, "patch", "auth/me", body).json()["name"] == "Mel"
    for field in ("username", "email", "is_superuser", "is_staff", "is_active", "password", "org"):
        response = send(client, "patch", "auth/me", {field: "x"})
        assert response.status_code == 422
        assert list(error_of(response)["fields"]) == [field]
    mel = User.objects.get(pk=cast.mel.pk)
    assert (mel.name, mel.language, mel.theme, mel.email) == (
        "Mel",
        "zh-hans",
        "dark",
        "mel@example.org",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"theme": "pink"},
        {"language": "xx"},
        {"name": "a\0b"},
        {"name": "x" * 151},
        {"name": 7},
        {"name": "a\nb"},
    ],
)
def test_a_profile_that_cannot_be_is_named(
    cast: Cast, as_user: AsUser, body: dict[str, object]
) -> None:
    response = send(as_user(cast.mel), "patch", "auth/me", body)
    assert response.status_code == 422
    assert error_of(response)["fields"].keys() == body.keys()


# --- Keys --------------------------------------------------------------------------------------
def test_a_key_s_secret_is_shown_once(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.mel)
    made = send(client, "post", "auth/keys", {"name": "laptop", "scope": "read"})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    body = made.json()
    secret = body.pop("secret")
    assert (body["name"], body["scope"], body["prefix"]) == ("laptop", "read", secret[:8])
    listed = send(client, "get", "auth/keys")
    assert secret not in listed.content.decode()
    assert body in listed.json()["items"]
    reader = Client(headers={"Authorization": f"Bearer {secret}"})
    assert send(reader, "get", "auth/me").json()["username"] == "mel"


def test_a_revoked_key_is_listed_and_opens_nothing(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.mel)
    made = send(client, "post", "auth/keys", {"name": "laptop"}).json()
    assert send(client, "delete", f"auth/keys/{made['id']}").status_code == 204
    assert send(client, "delete", f"auth/keys/{made['id']}").status_code == 204
    (row,) = [k for k in send(client, "get", "auth/keys").json()["items"] if k["id"] == made["id"]]
    assert row["revoked_at"]
    assert row["is_usable"] is False
    used = Client(headers={"Authorization": f"Bearer {made['secret']}"})
    response = send(used, "get", "auth/me")
    assert response.status_code == 401
    assert error_of(response)["code"] == "key_not_valid"


def test_a_lesser_key_makes_no_greater_one(cast: Cast) -> None:
    for scope in (ApiKey.Scope.READ, ApiKey.Scope.WRITE):
        client = with_scope(cast.ann, scope)
        assert send(client, "get", "auth/me").status_code == 200
        before = ApiKey.objects.count()
        for method, path, body in [
            ("post", "auth/keys", {"name": "k", "scope": "full"}),
            ("post", "auth/keys", {"name": "k", "scope": "read"}),
            ("get", "auth/keys", None),
            ("patch", "auth/me", {"name": "x"}),
            ("post", "orgs", {"slug": "mine"}),
        ]:
            assert send(client, method, path, body).status_code == 403, (scope, path)
        assert ApiKey.objects.count() == before


def test_a_key_that_ends_makes_none_that_lasts(cast: Cast) -> None:
    end = clock.now() + timedelta(hours=1)
    _key, secret = services.create_api_key(user=cast.ann, name="k", expires_at=end)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert send(client, "post", "auth/keys", {"name": "k"}).status_code == 422
    body = {"name": "k", "expires_at": (end - timedelta(minutes=1)).isoformat()}
    assert send(client, "post", "auth/keys", body).status_code == 201


@pytest.mark.parametrize("path", ["auth/keys/0", "auth/keys/999999", f"auth/keys/{10**40}"])
def test_a_number_that_is_no_key_is_not_there(cast: Cast, as_user: AsUser, path: str) -> None:
    response = send(as_user(cast.ann), "delete", path)
    assert response.status_code == 404
    error_of(response)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "k", "scope": "admin"}, "scope"),
        ({"name": "k", "expires_at": "soon"}, "expires_at"),
        ({"name": "k", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "k", "user": "ann"}, "user"),
        ({"name": "k", "digest": "0" * 64}, "digest"),
        ({"name": "k", "secret": "0" * 40}, "secret"),
    ],
)
def test_what_a_key_cannot_be_is_named(
    cast: Cast, as_user: AsUser, body: dict[str, object], field: str
) -> None:
    response = send(as_user(cast.mel), "post", "auth/keys", body)
    assert response.status_code == 422
    assert list(error_of(response)["fields"]) == [field]
