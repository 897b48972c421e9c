"""A session begins with the sign-in and ends with it, and nobody learns who has an account."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.test import Client
from pytest_django import Settings

from apps.orgs import services as org_services
from apps.orgs.models import User
from tests.api.rest import send
from tests.conftest import Cast
from tests.factories import PASSWORD

Door = Callable[[Client, str, str], Any]
COOKIE = "wanllmdb_session"


def sign_in(client: Client, name: str = "ann", password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password})


def with_session(key: str) -> Client:
    client = Client()
    client.cookies[COOKIE] = key
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/profile").status_code == 200


def test_a_session_planted_before_the_sign_in_is_worth_nothing(cast: Cast) -> None:
    store = SessionStore()
    store["planted"] = True
    store.create()
    victim = with_session(str(store.session_key))
    assert sign_in(victim).status_code == 302
    assert victim.cookies[COOKIE].value != store.session_key
    assert is_signed_in(victim)
    assert not is_signed_in(with_session(str(store.session_key)))


def test_a_key_that_the_visitor_made_up_is_not_taken(cast: Cast) -> None:
    made_up = "a" * 32
    victim = with_session(made_up)
    sign_in(victim)
    assert victim.cookies[COOKIE].value != made_up
    assert not is_signed_in(with_session(made_up))


def test_signing_in_as_another_person_keeps_nothing_of_the_first(cast: Cast) -> None:
    client = Client()
    sign_in(client, "ann")
    first = client.cookies[COOKIE].value
    client.post("/accounts/logout/")
    sign_in(client, "sam")
    assert not is_signed_in(with_session(first))
    assert client.get("/acme/mnist").status_code == 404


def test_signing_out_ends_the_session_on_the_server(cast: Cast) -> None:
    client = Client()
    sign_in(client)
    key = client.cookies[COOKIE].value
    assert is_signed_in(with_session(key))
    client.post("/accounts/logout/")
    assert not is_signed_in(with_session(key))


def test_a_new_password_ends_the_other_sessions(cast: Cast) -> None:
    here, there = Client(), Client()
    sign_in(here)
    sign_in(there)
    form = {
        "oldpassword": PASSWORD,
        "password1": "battery staple 7",
        "password2": "battery staple 7",
    }
    assert here.post("/accounts/password/change/", form).status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(there)


def test_the_session_cookie_is_no_script_s(cast: Cast, settings: Settings) -> None:
    client = Client()
    sign_in(client)
    morsel = client.cookies[COOKIE]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"


def hashings(attempt: Callable[[], Any]) -> int:
    """Count how often a password is hashed: what a sign-in's time is made of."""
    with mock.patch.object(
        MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode
    ) as encode:
        attempt()
    return int(encode.call_count)


WRONG = [("ann", "wrong password"), ("nobody", PASSWORD), ("gone", PASSWORD), ("nobody@example.org", PASSWORD),
         ("ann@example.org", "wrong password"), ("keyless", PASSWORD)]  # fmt: skip


@pytest.fixture
def people(cast: Cast) -> None:
    gone = org_services.create_user(username="gone", email="gone@example.org", password=PASSWORD)
    org_services.set_active(user=gone, is_active=False)
    org_services.create_user(username="keyless", email="keyless@example.org")


def by_rest(client: Client, name: str, password: str) -> Any:
    return send(client, "post", "auth/login", {"username": name, "password": password})


@pytest.mark.parametrize("door", [sign_in, by_rest])
def test_who_is_unknown_takes_as_long_as_who_is_known(people: None, door: Door) -> None:
    """As many password hashes are computed for each."""
    counts = {name: hashings(partial(door, Client(), name, password)) for name, password in WRONG}
    assert counts == dict.fromkeys(counts, 1)


def test_who_is_unknown_is_told_the_same_as_who_is_known(people: None) -> None:
    answers = set()
    for name, password in WRONG:
        response = by_rest(Client(), name, password)
        answers.add((response.status_code, response.content))
    assert len(answers) == 1


def test_asking_for_a_new_password_says_the_same_to_all(people: None, settings: Settings) -> None:
    settings.MAIL_IS_SENT = True
    answers = set()
    for address in ("ann@example.org", "nobody@example.org", "gone@example.org"):
        response = Client().post("/accounts/password/reset/", {"email": address})
        answers.add((response.status_code, response.headers.get("Location")))
    assert len(answers) == 1
    assert [message.to for message in mail.outbox] == [["ann@example.org"]]


def test_the_link_of_a_mail_is_not_of_the_host_that_was_asked(
    cast: Cast, settings: Settings
) -> None:
    """Whoever can send a Host header must not receive the key in somebody's mail."""
    settings.MAIL_IS_SENT = True
    for host in ("evil.example", "testserver.evil.example", "testserver@evil.example"):
        response = Client(headers={"Host": host}).post(
            "/accounts/password/reset/", {"email": "ann@example.org"}
        )
        assert response.status_code == 400
    Client(headers={"X-Forwarded-Host": "evil.example"}).post(
        "/accounts/password/reset/", {"email": "ann@example.org"}
    )
    assert len(mail.outbox) == 1
    assert "evil.example" not in str(mail.outbox[0].body)


def test_a_key_of_a_mail_works_once(cast: Cast, settings: Settings) -> None:
    settings.MAIL_IS_SENT = True
    client = Client()
    client.post("/accounts/password/reset/", {"email": "ann@example.org"})
    link = next(word for word in str(mail.outbox[0].body).split() if "/reset/key/" in word)
    path = "/" + link.split("/", 3)[3]
    page = client.get(path)
    assert page.status_code == 302
    form = {"password1": "battery staple 7", "password2": "battery staple 7"}
    assert client.post(page.headers["Location"], form).status_code == 302
    assert User.objects.get(pk=cast.ann.pk).check_password("battery staple 7")
    again = Client().get(path)
    assert b"password1" not in again.content


def test_who_guesses_is_not_hidden_by_the_addresses_of_one_network(cast: Cast) -> None:
    """One customer of a provider has a whole /64 of IPv6."""
    attempt = {"username": "ann", "password": "wrong password"}
    for last in range(5):
        client = Client(REMOTE_ADDR=f"2001:db8:1:1::{last}")
        assert send(client, "post", "auth/login", attempt).status_code == 401
    here = Client(REMOTE_ADDR="2001:db8:1:1:ffff::1")
    assert send(here, "post", "auth/login", attempt).status_code == 429
    elsewhere = Client(REMOTE_ADDR="2001:db8:1:2::1")
    assert by_rest(elsewhere, "ann", PASSWORD).status_code == 200
