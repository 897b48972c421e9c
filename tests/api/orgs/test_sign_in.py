"""/auth/register, /auth/login, /auth/refresh and /auth/logout."""

from unittest import mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from pytest_django import Settings
from rest_framework.settings import api_settings

from apps.orgs import services
from apps.orgs.models import User
from tests.api.rest import error_of, send
from tests.conftest import Cast
from tests.factories import PASSWORD

NEW = {"username": "new-one", "email": "new@example.org", "password": PASSWORD}


def login(username: str = "ann", password: str = PASSWORD) -> dict[str, str]:
    response = send(Client(), "post", "auth/login", {"username": username, "password": password})
    assert response.status_code == 200, response.content
    tokens: dict[str, str] = response.json()
    return tokens


def who(access: str) -> str | None:
    client = Client(headers={"Authorization": f"Bearer {access}"})
    response = send(client, "get", "auth/me")
    return str(response.json()["username"]) if response.status_code == 200 else None


# --- register ----------------------------------------------------------------------------------
def test_sign_up_is_closed_unless_opened(db: None) -> None:
    response = send(Client(), "post", "auth/register", NEW)
    assert response.status_code == 403
    error = error_of(response)
    assert error["code"] == "signup_closed"
    assert "WANLLMDB_SIGNUP_OPEN=true" in error["message"]
    assert not User.objects.exists()


def test_where_it_is_open_one_signs_up_and_is_in(db: None, settings: Settings) -> None:
    settings.SIGNUP_OPEN = True
    response = send(Client(), "post", "auth/register", NEW)
    assert response.status_code == 201
    assert who(response.json()["access"]) == "new-one"
    user = User.objects.get()
    assert (user.is_superuser, user.is_staff) == (False, False)
    again = send(Client(), "post", "auth/register", NEW)
    assert again.status_code == 422
    assert error_of(again)["fields"].keys() == {"username", "email"}


@pytest.mark.parametrize("field", ["is_superuser", "is_staff", "is_admin", "role", "org", "id"])
def test_nobody_signs_up_as_more_than_they_are(db: None, settings: Settings, field: str) -> None:
    settings.SIGNUP_OPEN = True
    response = send(Client(), "post", "auth/register", {**NEW, field: True})
    assert response.status_code == 422
    assert list(error_of(response)["fields"]) == [field]
    assert not User.objects.exists()


@pytest.mark.parametrize("field", ["username", "email", "password"])
@pytest.mark.parametrize("value", [None, "", 7, ["x"], {"a": 1}, "a\0b", "x" * 5000, True])
def test_sign_up_names_the_field_that_is_wrong(
    db: None, settings: Settings, field: str, value: object
) -> None:
    settings.SIGNUP_OPEN = True
    response = send(Client(), "post", "auth/register", {**NEW, field: value})
    assert response.status_code == 422
    assert list(error_of(response)["fields"]) == [field]


# --- login -------------------------------------------------------------------------------------
@pytest.mark.parametrize("username", ["ann", "ANN", "ann@example.org", "Ann@Example.org"])
def test_one_signs_in_by_username_or_address(cast: Cast, username: str) -> None:
    assert who(login(username)["access"]) == "ann"


def refused(username: str, password: str) -> dict[str, object]:
    response = send(Client(), "post", "auth/login", {"username": username, "password": password})
    assert response.status_code == 401
    return error_of(response)


def test_a_wrong_password_and_an_unknown_person_are_told_the_same(cast: Cast) -> None:
    services.set_active(user=cast.vic, is_active=False)
    services.create_user(username="key-only")
    answers = [
        refused("ann", "wrong"),
        refused("ann@example.org", "wrong"),
        refused("nobody", PASSWORD),
        refused("nobody@example.org", PASSWORD),
        refused("vic", PASSWORD),
        refused("key-only", PASSWORD),
        refused("key-only", "!"),
    ]
    assert answers[0]["code"] == "wrong_credentials"
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("suffix", ["", "@example.org"])
def test_an_unknown_person_costs_as_much_hashing_as_a_known_one(cast: Cast, suffix: str) -> None:
    """Otherwise the time of the answer would tell who has an account."""
    counts = []
    for name in ("ann", "nobody"):
        with mock.patch.object(
            MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode
        ) as encode:
            refused(name + suffix, "wrong")
        counts.append(encode.call_count)
    assert counts == [1, 1]


def test_passwords_cannot_be_tried_out(cast: Cast) -> None:
    """Five wrong ones for a name, then no more for a while, the right one neither."""
    statuses = [
        send(Client(), "post", "auth/login", {"username": "ann", "password": "wrong"}).status_code
        for _ in range(6)
    ]
    assert statuses == [401] * 5 + [429]
    response = send(Client(), "post", "auth/login", {"username": "ann", "password": PASSWORD})
    assert response.status_code == 429
    assert error_of(response)["code"] == "rate_limited"
    assert who(login("mel")["access"]) == "mel"


def test_the_page_and_rest_count_together(cast: Cast) -> None:
    for _ in range(5):
        refused("ann", "wrong")
    page = Client().post("/accounts/login/", {"login": "ann", "password": PASSWORD})
    assert page.status_code == 200
    assert "_auth_user_id" not in page.client.session


def test_one_address_tries_so_many_times_a_minute(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = {**api_settings.DEFAULT_THROTTLE_RATES, "credentials": "3/min"}
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
    body = {"refresh": "x"}
    statuses = [send(Client(), "post", "auth/refresh", body).status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    response = send(Client(), "post", "auth/login", {"username": "ann", "password": PASSWORD})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) <= 60
    client = Client(headers={"Authorization": "Bearer nonsense"})
    assert send(client, "post", "auth/refresh", body).status_code == 429


@pytest.mark.parametrize("body", [{}, {"username": "ann"}, {"username": "ann", "password": ["x"]}])
def test_half_a_sign_in_is_named(cast: Cast, body: dict[str, object]) -> None:
    response = send(Client(), "post", "auth/login", body)
    assert response.status_code == 422
    assert "password" in error_of(response)["fields"]


def test_a_browser_s_session_does_not_stand_in_the_way(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.mel)
    response = send(client, "post", "auth/login", {"username": "ann", "password": PASSWORD})
    assert response.status_code == 200


# --- refresh and logout ------------------------------------------------------------------------
def test_a_refresh_token_buys_the_next_pair_once(cast: Cast) -> None:
    body = {"refresh": login()["refresh"]}
    response = send(Client(), "post", "auth/refresh", body)
    assert response.status_code == 200
    assert who(response.json()["access"]) == "ann"
    again = send(Client(), "post", "auth/refresh", body)
    assert again.status_code == 401
    assert error_of(again)["code"] == "token_not_valid"


def test_signing_out_ends_the_refresh_token(cast: Cast) -> None:
    body = {"refresh": login()["refresh"]}
    assert send(Client(), "post", "auth/logout", body).status_code == 204
    assert send(Client(), "post", "auth/logout", body).status_code == 204
    assert send(Client(), "post", "auth/refresh", body).status_code == 401


def test_a_new_password_ends_every_token(cast: Cast) -> None:
    tokens = login()
    page = Client()
    page.force_login(cast.ann)
    fresh = "another good one"
    page.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh},
    )
    assert who(tokens["access"]) is None
    body = {"refresh": tokens["refresh"]}
    assert send(Client(), "post", "auth/refresh", body).status_code == 401
    assert who(login(password=fresh)["access"]) == "ann"


def test_the_deactivated_are_out_at_once(cast: Cast) -> None:
    tokens = login()
    assert who(tokens["access"]) == "ann"
    services.set_active(user=cast.ann, is_active=False)
    assert who(tokens["access"]) is None
