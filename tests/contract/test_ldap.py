"""Signing in by a real directory: slapd from Debian, and our server beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.contract import slapd
from tests.contract.issuer import Visitor
from tests.contract.rest import call
from tests.factories import PASSWORD
from tests.live_server import ROOT, LiveServer, copy_of

ENTRIES = slapd.tree(
    slapd.person("lin", mail="lin@lab.example"),
    slapd.person("ann"),
    slapd.person("mel", mail="mel@lab.example"),
    slapd.person("boss"),
    slapd.group("ml", "lin", "cn=leads"),
    slapd.group("leads", "boss"),
    slapd.group("admins", "boss"),
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with slapd.directory(tmp_path_factory.mktemp("slapd"), ENTRIES) as url:
        yield url


def variables(url: str) -> dict[str, str]:
    return {
        "WANLLMDB_LDAP_URL": url,
        "WANLLMDB_LDAP_NAME": "Lab directory",
        "WANLLMDB_LDAP_BIND_DN": slapd.ADMIN,
        "WANLLMDB_LDAP_BIND_PASSWORD": slapd.PASSWORD,
        "WANLLMDB_LDAP_USER_BASE": f"ou=people,{slapd.BASE}",
        "WANLLMDB_LDAP_GROUP_BASE": f"ou=groups,{slapd.BASE}",
        "WANLLMDB_LDAP_ADMIN_GROUP": "admins",
    }


@pytest.fixture(scope="module")
def server(
    url: str, migrated_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    server = LiveServer(copy_of(migrated_data, tmp_path_factory.mktemp("ldap")), variables(url))
    server.adduser("root-user", "--admin", "--password", PASSWORD)
    server.adduser("ann", "--password", PASSWORD)
    server.adduser("mel", "--password", PASSWORD, "--email", "mel@lab.example")
    server.start()
    yield server
    server.stop()


def signed_in(server: LiveServer, login: str, password: str = slapd.PASSWORD) -> str | None:
    visitor = Visitor(server)
    visitor.password(login, password)
    me = visitor.me()
    return None if me is None else str(me["username"])


def test_directory_password_opens_an_account(server: LiveServer) -> None:
    visitor = Visitor(server)
    visitor.password("lin", slapd.PASSWORD)
    me = visitor.me()
    assert (me["username"], me["email"]) == ("lin", "lin@lab.example")
    assert me["name"] == "Lin of the lab"
    assert signed_in(server, "LIN") == "lin"
    assert signed_in(server, "lin", "wrong") is None
    assert signed_in(server, "lin", "") is None


def test_rest_takes_it_too(server: LiveServer) -> None:
    body = {"username": "lin", "password": slapd.PASSWORD}
    answer = requests.post(f"{server.url}/api/v1/auth/login", json=body, timeout=30)
    assert answer.status_code == 200
    me = call(server, answer.json()["access"], "GET", "/auth/me")
    assert me["username"] == "lin"


def test_same_name_there_opens_nobodys_account_here(server: LiveServer) -> None:
    assert signed_in(server, "ann") == "ann-2"
    assert signed_in(server, "ann", PASSWORD) == "ann"


def test_same_address_there_is_not_enough(server: LiveServer) -> None:
    visitor = Visitor(server)
    page = visitor.password("mel", slapd.PASSWORD)
    assert page.status_code == 403
    assert "it may be somebody else" in page.text
    assert visitor.me() is None
    assert signed_in(server, "mel", PASSWORD) == "mel"


@pytest.mark.parametrize(
    "login", ["*", "l*", "lin)(uid=*", "*)(|(uid=lin", "lin)(|(objectClass=*", "lin\\2a", "\x00lin"]
)
def test_filter_cannot_be_changed_by_a_name(server: LiveServer, login: str) -> None:
    assert signed_in(server, login) is None


def test_groups_and_groups_in_them_become_memberships(server: LiveServer) -> None:
    key = server.adduser("olga", "--org", "acme")
    new = {"group": "ml", "role": "viewer", "source": "ldap"}
    call(server, key, "POST", "/orgs/acme/group-mappings", new)
    for name, is_administrator in (("lin", False), ("boss", True)):
        visitor = Visitor(server)
        visitor.password(name, slapd.PASSWORD)
        me = visitor.me()
        assert {org["slug"]: org["role"] for org in me["orgs"]} == {name: "admin", "acme": "viewer"}
        assert me["is_administrator"] is is_administrator


def test_administrators_see_whether_it_answers(server: LiveServer) -> None:
    visitor = Visitor(server)
    visitor.password("root-user", PASSWORD)
    page = visitor.send("/system/sign-in", "/system/sign-in", source="ldap").text
    assert "Lab directory is well" in page
    assert slapd.PASSWORD not in page


def test_deactivated_person_stays_out(server: LiveServer) -> None:
    assert signed_in(server, "lin") == "lin"
    code = "from apps.orgs.models import User; User.objects.filter(username='lin').update(is_active={})"
    server.manage("shell", "-c", code.format(False))
    assert signed_in(server, "lin") is None
    server.manage("shell", "-c", code.format(True))
    assert signed_in(server, "lin") == "lin"


def test_directory_that_is_away_is_said_and_local_passwords_work(
    migrated_data: Path, tmp_path: Path
) -> None:
    slapd.programs()
    alone = LiveServer(copy_of(migrated_data, tmp_path), variables("ldap://127.0.0.1:9"))
    alone.adduser("ann", "--password", PASSWORD)
    alone.start()
    try:
        visitor = Visitor(alone)
        page = visitor.password("lin", slapd.PASSWORD)
        assert page.status_code == 503
        assert "The directory Lab directory does not answer" in page.text
        assert signed_in(alone, "ann", PASSWORD) == "ann"
    finally:
        alone.stop()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WANLLMDB_LDAP_USER_BASE", "", "where people are"),
        ("WANLLMDB_LDAP_USER_FILTER", "(uid=lin)", "a filter with %(user)s in it"),
        ("WANLLMDB_LDAP_URL", "http://x", "ldap:// or ldaps://"),
    ],
)
def test_half_a_configuration_is_refused_at_the_start(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    settings = {**variables("ldap://127.0.0.1:9"), name: value}
    environment = LiveServer(tmp_path, settings).environment()
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert name in done.stderr
    assert said in done.stderr
