"""Signing in by SAML: right assertions, signed with a real key, and every wrong one that is known to be tried."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.contract.issuer import Visitor
from tests.contract.rest import call
from tests.contract.saml_idp import Asked, Idp
from tests.live_server import LiveServer, copy_of

LIN = {"email": ["lin@lab.example"], "uid": ["lin"], "displayName": ["Lin Wei"], "groups": ["ml"]}


@pytest.fixture(scope="module")
def idp() -> Idp:
    return Idp()


@pytest.fixture(scope="module")
def server(
    idp: Idp, migrated_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("saml")
    metadata = folder / "idp.xml"
    metadata.write_text(idp.metadata(), encoding="utf-8")
    variables = {
        "WANLLMDB_SAML_METADATA_FILE": str(metadata),
        "WANLLMDB_SAML_NAME": "Campus",
        "WANLLMDB_SAML_TRUST_EMAIL": "true",
        "WANLLMDB_SAML_ADMIN_GROUP": "admins",
    }
    server = LiveServer(copy_of(migrated_data, folder), variables)
    server.adduser("root-user", "--admin")
    server.start()
    yield server
    server.stop()


def ask(visitor: Visitor) -> Asked:
    """Press the button and return what the server asks the issuer."""
    return Asked.read(visitor.way_to_issuer(source="saml"))


def answer(visitor: Visitor, asked: Asked, response: str) -> requests.Response:
    """Do what the issuer's page makes a browser do."""
    return visitor.session.post(asked.acs, {"SAMLResponse": response}, timeout=30)


def test_signed_assertion_signs_in(server: LiveServer, idp: Idp) -> None:
    key = server.adduser("olga", "--org", "acme")
    call(server, key, "POST", "/orgs/acme/group-mappings", {"group": "ml", "role": "viewer"})
    for _time in range(2):
        visitor = Visitor(server)
        assert "Sign in with Campus" in visitor.open("/accounts/login/").text
        asked = ask(visitor)
        response = idp.response(asked, idp.signed(idp.assertion(asked, "lin-1", LIN)))
        assert answer(visitor, asked, response).status_code == 200
        me = visitor.me()
        assert (me["username"], me["name"], me["email"]) == ("lin", "Lin Wei", "lin@lab.example")
        held = {org["slug"]: org["role"] for org in me["orgs"]}
        assert held == {"lin": "admin", "acme": "viewer"}


def test_metadata_describes_this_server(server: LiveServer) -> None:
    page = Visitor(server).open("/accounts/saml/saml/metadata/")
    assert page.status_code == 200
    assert f"{server.url}/accounts/saml/saml/acs/" in page.text


BOSS = {"uid": ["boss"], "groups": ["admins"]}


def unsigned(idp: Idp, asked: Asked) -> str:
    return idp.response(asked, idp.assertion(asked, "x", BOSS))


def signed_by_another(idp: Idp, asked: Asked) -> str:
    return idp.response(asked, Idp().signed(idp.assertion(asked, "x", BOSS)))


def for_another_server(idp: Idp, asked: Asked) -> str:
    other = idp.assertion(asked, "x", BOSS, audience="https://other.example")
    return idp.response(asked, idp.signed(other))


def expired(idp: Idp, asked: Asked) -> str:
    return idp.response(asked, idp.signed(idp.assertion(asked, "x", BOSS, minutes=-10)))


def changed_afterwards(idp: Idp, asked: Asked) -> str:
    signed = idp.signed(idp.assertion(asked, "x", LIN))
    assert ">ml<" in signed
    return idp.response(asked, signed.replace(">ml<", ">admins<"))


def unasked(idp: Idp, asked: Asked) -> str:
    nobody = Asked("", asked.acs, asked.audience)
    assertion = idp.assertion(nobody, "x", BOSS).replace(' InResponseTo=""', "")
    return idp.response(nobody, idp.signed(assertion))


def of_another_question(idp: Idp, asked: Asked) -> str:
    other = Asked("ONELOGIN_0000", asked.acs, asked.audience)
    return idp.response(other, idp.signed(idp.assertion(other, "x", BOSS)))


def wrapped(idp: Idp, asked: Asked) -> str:
    """A signed assertion carries an unsigned one before it (signature wrapping)."""
    return idp.response(
        asked, idp.assertion(asked, "x", BOSS), idp.signed(idp.assertion(asked, "y", LIN))
    )


def with_entities(idp: Idp, asked: Asked) -> str:
    xml = base64.b64decode(unsigned(idp, asked)).decode()
    bomb = '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    return base64.b64encode((bomb + xml.replace(">boss<", ">&e;<")).encode()).decode()


def no_xml(idp: Idp, asked: Asked) -> str:
    return base64.b64encode(b"<samlp:Response").decode()


def no_base64(idp: Idp, asked: Asked) -> str:
    return "%%%"


def nothing(idp: Idp, asked: Asked) -> str:
    return ""


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        signed_by_another,
        for_another_server,
        expired,
        changed_afterwards,
        unasked,
        of_another_question,
        wrapped,
        with_entities,
        no_xml,
        no_base64,
        nothing,
    ],
)
def test_anything_else_signs_nobody_in(
    server: LiveServer, idp: Idp, forge: Callable[[Idp, Asked], str]
) -> None:
    visitor = Visitor(server)
    asked = ask(visitor)
    page = answer(visitor, asked, forge(idp, asked))
    assert 400 <= page.status_code < 500 or page.status_code == 502
    assert "Not signed in" in page.text
    assert visitor.me() is None


def test_answer_works_once_and_where_it_was_asked_for(server: LiveServer, idp: Idp) -> None:
    visitor = Visitor(server)
    asked = ask(visitor)
    response = idp.response(asked, idp.signed(idp.assertion(asked, "wei-1", {"uid": ["wei"]})))
    thief = Visitor(server)
    assert "Not signed in" in answer(thief, asked, response).text
    assert thief.me() is None
    answer(visitor, asked, response)
    assert visitor.me()["username"] == "wei"
    assert "Not signed in" in answer(visitor, asked, response).text


def test_answer_is_not_taken_by_a_link(server: LiveServer) -> None:
    assert Visitor(server).open("/accounts/saml/saml/acs/?SAMLResponse=x").status_code == 405
    assert Visitor(server).open("/accounts/saml/other/metadata/").status_code == 404
