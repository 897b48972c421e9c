"""The administrators' page of what people can sign in by, and whether it answers."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.test import Client
from pytest_django import Settings

from apps.orgs import services
from apps.orgs.federation import status
from apps.orgs.federation.admission import Identity, admit
from tests.conftest import Cast
from tests.contract.issuer import issuer
from tests.live_server import free_port
from wanllmdb.sign_in import Source

URL = "/system/sign-in"


@pytest.fixture(scope="module")
def issuer_url() -> Iterator[str]:
    with issuer({}) as url:
        yield url


@pytest.fixture
def root(cast: Cast) -> Client:
    client = Client()
    client.force_login(services.create_user(username="root-user", is_admin=True))
    return client


def lab(settings: Settings, address: str) -> None:
    settings.SIGN_IN_SOURCES = {"oidc": Source("oidc", "Lab", address)}


def test_issuer_that_answers_is_well(root: Client, settings: Settings, issuer_url: str) -> None:
    lab(settings, issuer_url)
    page = root.post(URL, {"source": "oidc"}).content.decode()
    assert "Lab is well" in page
    assert "its discovery document is complete" in page


def test_issuer_that_is_away_is_named(root: Client, settings: Settings) -> None:
    lab(settings, f"http://127.0.0.1:{free_port()}")
    page = root.post(URL, {"source": "oidc"}).content.decode()
    assert "Lab cannot be used" in page
    assert "ConnectionError" in page


def test_issuer_of_another_name_is_not_taken_for_it(settings: Settings, issuer_url: str) -> None:
    lab(settings, issuer_url.replace("127.0.0.1", "localhost") + "/")
    assert status.probe("oidc").is_well
    lab(settings, issuer_url + "/realms/x")
    assert not status.probe("oidc").is_well


def test_redirect_is_not_followed(settings: Settings, issuer_url: str) -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{issuer_url}{self.path}")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        lab(settings, f"http://127.0.0.1:{server.server_port}")
        found = status.probe("oidc")
        assert (found.is_well, "TooManyRedirects" in found.message) == (False, True)
    finally:
        server.shutdown()
        server.server_close()


def test_page_tells_who_came_and_no_secret(root: Client, settings: Settings) -> None:
    lab(settings, "https://id.lab.example")
    settings.SCIM_TOKEN = "scim-token-of-more-than-32-characters"
    settings.SIGN_IN_EMAIL_DOMAINS = ["lab.example"]
    admit(Identity("oidc", "1", username="lin", email="lin@lab.example"))
    page = root.get(URL).content.decode()
    for words in ("https://id.lab.example", "lin", "/scim/v2", "lab.example sign in by an issuer"):
        assert words in page
    assert settings.SCIM_TOKEN not in page


def test_source_that_is_not_configured_is_not_asked(root: Client, settings: Settings) -> None:
    settings.SIGN_IN_SOURCES = {}
    for source in ("oidc", "ldap", "scim", "", "http://127.0.0.1"):
        assert root.post(URL, {"source": source}).status_code == 404
