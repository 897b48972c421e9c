"""Speaks to the live socket as a page does, without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from unittest import mock

import channels.db
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from apps.core import live
from wanllmdb.asgi import application

Scenario = Callable[[], Awaitable[None]]
QUIET_S = 0.4  # Longer than nudges are gathered for.


class Socket:
    """A page's socket."""

    def __init__(self, client: Client, **headers: str) -> None:
        sent = {"origin": "http://testserver", "host": "testserver", **headers}
        if "wanllmdb_session" in client.cookies:
            sent["cookie"] = f"wanllmdb_session={client.cookies['wanllmdb_session'].value}"
        self.client = client
        scope = {
            "type": "websocket",
            "path": "/ws/live",
            "query_string": b"",
            "subprotocols": [],
            "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value],
        }
        self.wire: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]  # asgiref's own

    async def open(self) -> bool:
        await self.wire.send_input({"type": "websocket.connect"})
        answer: dict[str, Any] = await self.wire.receive_output()
        return str(answer["type"]) == "websocket.accept"

    async def send(self, **frame: Any) -> dict[str, Any]:
        """Send a frame and return the answer."""
        await self.wire.send_input({"type": "websocket.receive", **frame})
        return await self.receive()

    async def say(self, message: Any) -> dict[str, Any]:
        return await self.send(text=json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        event = await self.wire.receive_output()
        heard: dict[str, Any] = json.loads(event["text"])
        return heard

    async def hear(self) -> dict[str, Any] | None:
        """Return what comes next; None if nothing comes."""
        return None if await self.wire.receive_nothing(QUIET_S) else await self.receive()

    async def close(self) -> None:
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wire.wait()


def play(scenario: Scenario) -> None:
    """Run what happens on sockets, on an event loop that nudges are sent from."""

    async def with_loop() -> None:
        live.serve_from(asyncio.get_running_loop())
        try:
            await scenario()
        finally:
            live.serve_from(None)

    # Channels closes any connection that is within a transaction, as the test's own is.
    with mock.patch.object(channels.db, "close_old_connections"):
        async_to_sync(with_loop)()
