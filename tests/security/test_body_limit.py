"""Nobody fills the memory or the disk by sending without end."""

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest
from django.test import Client, override_settings

from tests.api.rest import error_of
from wanllmdb.body_limit import SLACK, limit_body

LIMIT = 1000


def post(body: list[bytes], length: int | None) -> tuple[int, int, dict[str, Any]]:
    """Send a body in chunks; return the status, how many chunks were read, and the answer."""
    chunks = iter(body)
    read = 0
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": next(chunks), "more_body": read < len(body)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=LIMIT):
        limited = limit_body(application)
        asyncio.run(limited({"type": "http", "headers": headers}, receive, send))
    return sent[0]["status"], read, json.loads(sent[1]["body"])


def test_what_is_announced_as_too_long_is_not_read() -> None:
    status, read, answer = post([b"x"], LIMIT + SLACK + 1)
    assert (status, read) == (413, 0)
    assert answer["error"]["code"] == "limit_exceeded"


def test_what_goes_on_without_end_is_cut_off() -> None:
    status, read, answer = post([b"x" * SLACK] * 50, None)
    assert (status, read) == (413, 2)
    assert answer["error"]["code"] == "limit_exceeded"


@pytest.mark.parametrize("length", [None, LIMIT])
def test_what_fits_is_passed_on(length: int | None) -> None:
    assert post([b"x" * 500] * 2, length) == (200, 2, {})


@pytest.mark.parametrize("path", ["login", "register", "refresh", "logout"])
def test_credentials_are_short(db: None, path: str) -> None:
    body = {"username": "a", "password": "x" * 70_000, "refresh": "x" * 70_000}
    response = Client().post(f"/api/v1/auth/{path}", body, content_type="application/json")
    assert response.status_code in {403, 413}
    assert error_of(response)["code"] in {"signup_closed", "limit_exceeded"}
