"""Signing in by a real OpenID Connect issuer, from the button to the home page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.issuer import Visitor, issuer
from tests.contract.rest import call
from tests.factories import PASSWORD
from tests.live_server import LiveServer, copy_of

PEOPLE: dict[str, dict[str, Any]] = {
    "lin-1": {
        "email": "lin@lab.example",
        "email_verified": True,
        "preferred_username": "lin",
        "name": "Lin Wei",
    },
    # Somebody who only says that they are ann.
    "thief": {"email": "ann@lab.example", "email_verified": False, "preferred_username": "ann"},
    "proved-ann": {"email": "ann@lab.example", "email_verified": True},
    "root-1": {"email": "root@lab.example", "email_verified": True},
    "api-1": {"email": "api@lab.example", "email_verified": True, "preferred_username": "API"},
    "far": {"email": "far@elsewhere.example", "email_verified": True},
    "wei-1": {"preferred_username": "wei", "groups": ["ml", "other"]},
    "boss-1": {"preferred_username": "boss", "groups": ["admins"]},
    "new-1": {"email": "new@lab.example", "email_verified": True},
    "ben-1": {"email": "ben@lab.example", "email_verified": True},
}


@pytest.fixture(scope="module")
def issuer_url() -> Iterator[str]:
    with issuer(PEOPLE) as url:
        yield url


def new_server(data: Path, folder: Path, issuer_url: str, **variables: str) -> LiveServer:
    """Return a server that signs people in by an issuer, with an administrator and ann, not started yet."""
    basics = {
        "WANLLMDB_OIDC_ISSUER": issuer_url,
        "WANLLMDB_OIDC_CLIENT_ID": "wanllmdb",
        "WANLLMDB_OIDC_CLIENT_SECRET": "hush",
        "WANLLMDB_OIDC_NAME": "Lab account",
        "WANLLMDB_OIDC_ADMIN_GROUP": "admins",
    }
    server = LiveServer(copy_of(data, folder), {**basics, **variables})
    adduser(server, "root-user", "--admin", email="root@lab.example")
    adduser(server, "ann", email="ann@lab.example")
    return server


def adduser(server: LiveServer, username: str, *options: str, email: str) -> None:
    server.adduser(username, "--password", PASSWORD, "--email", email, *options)


@pytest.fixture(scope="module")
def server(
    issuer_url: str, migrated_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A server that signs people in by the issuer."""
    server = new_server(migrated_data, tmp_path_factory.mktemp("sso"), issuer_url)
    server.start()
    yield server
    server.stop()


def test_button_leads_to_the_issuer_with_state_nonce_and_pkce(server: LiveServer) -> None:
    visitor = Visitor(server)
    assert "Sign in with Lab account" in visitor.open("/accounts/login/").text
    asked = parse_qs(urlsplit(visitor.way_to_issuer()).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}


def test_somebody_new_gets_an_account_and_the_same_one_again(server: LiveServer) -> None:
    visitor = Visitor(server)
    assert visitor.sign_in("lin-1").status_code == 200
    me = visitor.me()
    assert (me["username"], me["name"], me["email"]) == ("lin", "Lin Wei", "lin@lab.example")
    assert [org["slug"] for org in me["orgs"]] == ["lin"]
    again = Visitor(server)
    again.sign_in("lin-1")
    assert again.me()["username"] == "lin"


def test_reserved_username_gets_a_free_one(server: LiveServer) -> None:
    visitor = Visitor(server)
    visitor.sign_in("api-1")
    assert visitor.me()["username"] == "api-2"


def test_unverified_address_opens_nobodys_account_and_is_not_kept(server: LiveServer) -> None:
    visitor = Visitor(server)
    visitor.sign_in("thief")
    me = visitor.me()
    assert me["username"] == "ann-2"
    assert me["email"] == ""


@pytest.mark.parametrize("sub", ["proved-ann", "root-1"])
def test_account_whose_address_nobody_proved_is_not_linked(server: LiveServer, sub: str) -> None:
    visitor = Visitor(server)
    page = visitor.sign_in(sub)
    assert page.status_code == 403
    assert "Sign in to it first, then link the two" in page.text
    assert visitor.me() is None


def test_signed_in_person_links_and_unlinks(server: LiveServer) -> None:
    adduser(server, "ben", email="ben@lab.example")
    visitor = Visitor(server)
    visitor.password("ben", PASSWORD)
    page = visitor.sign_in("ben-1", page="/settings/sign-in", process="connect")
    assert page.url.endswith("/settings/sign-in")
    assert "Lab account" in page.text
    by_issuer = Visitor(server)
    by_issuer.sign_in("ben-1")
    assert by_issuer.me()["username"] == "ben"
    link = page.text.partition("/settings/sign-in/")[2].partition("/unlink")[0]
    visitor.send("/settings/sign-in", f"/settings/sign-in/{link}/unlink")
    refused = Visitor(server)
    assert refused.sign_in("ben-1").status_code == 403


def test_answer_is_good_once_and_only_for_who_asked(server: LiveServer) -> None:
    visitor = Visitor(server)
    back = visitor.approve(visitor.way_to_issuer(), "lin-1")
    stranger = Visitor(server)
    assert stranger.session.get(back, timeout=30).status_code == 401
    assert stranger.me() is None
    assert visitor.session.get(back, timeout=30).status_code == 200
    assert Visitor(server).session.get(back, timeout=30).status_code == 401
    assert visitor.session.get(back, timeout=30).status_code == 401


def test_answer_of_another_sign_in_is_refused(server: LiveServer, issuer_url: str) -> None:
    """A code from elsewhere is put into one's own state: the nonce tells."""
    visitor = Visitor(server)
    way = visitor.way_to_issuer()
    state = parse_qs(urlsplit(way).query)["state"][0]
    other = visitor.approve(way.replace("&nonce=", "&nonce=other"), "lin-1")
    assert parse_qs(urlsplit(other).query)["state"] == [state]
    page = visitor.session.get(other, timeout=30)
    assert page.status_code == 403
    assert visitor.me() is None


def test_groups_become_memberships(server: LiveServer) -> None:
    key = server.adduser("olga", "--org", "acme")
    call(server, key, "POST", "/orgs/acme/group-mappings", {"group": "ml", "role": "viewer"})
    visitor = Visitor(server)
    visitor.sign_in("wei-1")
    held = {org["slug"]: org["role"] for org in visitor.me()["orgs"]}
    assert held == {"wei": "admin", "acme": "viewer"}
    boss = Visitor(server)
    boss.sign_in("boss-1")
    assert boss.me()["is_administrator"]


def test_rules_of_who_may_sign_in(issuer_url: str, migrated_data: Path, tmp_path: Path) -> None:
    strict = new_server(
        migrated_data,
        tmp_path,
        issuer_url,
        WANLLMDB_SIGN_IN_EMAIL_DOMAINS="lab.example",
        WANLLMDB_SIGN_IN_CREATES_ACCOUNTS="false",
        WANLLMDB_SIGN_IN_LINKS_BY_EMAIL="true",
        WANLLMDB_PASSWORD_SIGN_IN="false",
    )
    adduser(strict, "far", email="far@elsewhere.example")
    strict.start()
    try:
        visitor = Visitor(strict)
        assert "Only people with an e-mail of lab.example" in visitor.sign_in("far").text
        assert "You have no account here yet" in visitor.sign_in("new-1").text
        assert visitor.me() is None
        # Administrators vouch for the addresses of accounts: a proved one links, less the password.
        visitor.sign_in("proved-ann")
        assert visitor.me()["username"] == "ann"
        assert Visitor(strict).sign_in("root-1").status_code == 403
        by_password = Visitor(strict)
        by_password.password("far", PASSWORD)
        assert by_password.me() is None
        by_password.password("root-user", PASSWORD)
        assert by_password.me()["is_administrator"]
    finally:
        strict.stop()


def test_issuer_that_is_away_is_said_and_passwords_work(
    migrated_data: Path, tmp_path: Path
) -> None:
    alone = new_server(migrated_data, tmp_path, "http://127.0.0.1:9")
    alone.start()
    try:
        visitor = Visitor(alone)
        answer = visitor.send("/accounts/login/", "/accounts/with/oidc/", process="login")
        assert answer.status_code == 503
        assert "Lab account does not answer" in answer.text
        visitor.password("root-user", PASSWORD)
        assert visitor.me()["username"] == "root-user"
    finally:
        alone.stop()
