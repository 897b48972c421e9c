"""A real OpenID Connect issuer in a process of its own, and a browser's way through a sign-in by it."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

import requests

from tests.live_server import LiveServer, free_port

START_S = 60


@contextmanager
def issuer(people: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Serve an issuer that knows these people, by subject, with their claims; yield its URL."""
    port = free_port()
    claims = [json.dumps({"sub": sub, **known}) for sub, known in people.items()]
    options = [word for known in claims for word in ("--user-claims", known)]
    # One that is asked for the nonce signs in nobody without.
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    process = subprocess.Popen([*command, "true", *options], stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/.well-known/openid-configuration", process)
        yield url
    finally:
        process.terminate()
        process.wait(START_S)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The issuer ended with {process.returncode}.")
        try:
            requests.get(url, timeout=START_S)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("The issuer did not answer.")


class Visitor:
    """What a browser does: keeps cookies, sends forms with their token, follows what pages lead to."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.session = requests.Session()

    def open(self, path: str) -> requests.Response:
        return self.session.get(f"{self.server.url}{path}", timeout=30)

    def send(self, page: str, action: str, **fields: str) -> requests.Response:
        """Send a form of ours, with the token of the page it stands on."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.open(page).text)
        assert found is not None, page
        return self.session.post(
            urljoin(self.server.url, action),
            {"csrfmiddlewaretoken": found[1], **fields},
            headers={"Referer": f"{self.server.url}{page}"},
            timeout=30,
        )

    def password(self, username: str, password: str) -> requests.Response:
        """Sign in by password; the answer is the page that one ends on."""
        return self.send("/accounts/login/", "/accounts/login/", login=username, password=password)

    def way_to_issuer(
        self, page: str = "/accounts/login/", process: str = "login", source: str = "oidc"
    ) -> str:
        """Press an issuer's button and return where it leads."""
        answer = self.send(page, f"/accounts/with/{source}/", process=process)
        found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)
        assert found is not None, answer.text
        return html.unescape(found[1])

    def approve(self, authorize: str, sub: str) -> str:
        """Say at the issuer who one is; return the address that it sends one back to."""
        answer = requests.post(authorize, {"sub": sub}, allow_redirects=False, timeout=30)
        return answer.headers["Location"]

    def sign_in(self, sub: str, **way: str) -> requests.Response:
        """Sign in (or link) by the issuer as `sub`; the answer is the page that one ends on."""
        return self.session.get(self.approve(self.way_to_issuer(**way), sub), timeout=30)

    def me(self) -> Any:
        """Return who one is; None while one is nobody."""
        answer = self.open("/api/v1/auth/me")
        return answer.json() if answer.status_code == 200 else None
