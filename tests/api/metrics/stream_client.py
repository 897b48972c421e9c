"""Speaks to the stream route as the server does: one ASGI request, without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import msgpack

from apps.metrics.ingest import stream_app
from apps.orgs import services as org_services
from apps.orgs.models import User
from apps.runs.models import Run


@dataclass
class StreamAnswer:
    status: int
    headers: dict[str, str]
    json: dict[str, Any]


@dataclass
class Writer:
    """A writer of one run with a key of its user."""

    run_uid: str
    key: str
    stream: UUID = field(default_factory=uuid4)

    def send(
        self, records: Iterable[Any], offset: int = 0, *, as_json: bool = False, **fields: Any
    ) -> StreamAnswer:
        """Send records of this writer."""
        return post(self.run_uid, *self.request(records, offset, as_json=as_json, **fields))

    def request(
        self, records: Iterable[Any], offset: int = 0, *, as_json: bool = False, **fields: Any
    ) -> tuple[bytes, dict[str, str]]:
        """Return the body and headers of a request with these records."""
        body = {"stream": str(self.stream), "offset": offset, "records": list(records), **fields}
        if as_json:
            return json.dumps(body).encode(), self.headers("application/json")
        return msgpack.packb(body), self.headers("application/msgpack")

    def headers(self, content_type: str, **more: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}", "content-type": content_type, **more}


def writer_of(run: Run, user: User, **key: Any) -> Writer:
    _key, secret = org_services.create_api_key(user=user, name="writer", **key)
    return Writer(run.uid, secret)


def post(
    run_uid: str, body: bytes, headers: dict[str, str], *, method: str = "POST"
) -> StreamAnswer:
    return asyncio.run(post_async(run_uid, body, headers, method=method))


def post_together(requests: list[tuple[str, bytes, dict[str, str]]]) -> list[StreamAnswer]:
    """Send requests at once; return the answers in order."""

    async def send_all() -> list[StreamAnswer]:
        return list(await asyncio.gather(*(post_async(*request) for request in requests)))

    return asyncio.run(send_all())


async def post_async(
    run_uid: str, body: bytes, headers: dict[str, str], *, method: str = "POST"
) -> StreamAnswer:
    scope = {
        "type": "http",
        "method": method,
        "path": f"/api/v1/runs/{run_uid}/stream",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    chunks = [body[start : start + 65_536] for start in range(0, len(body), 65_536)] or [b""]
    messages = iter(
        {"type": "http.request", "body": chunk, "more_body": place + 1 < len(chunks)}
        for place, chunk in enumerate(chunks)
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await stream_app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return StreamAnswer(sent[0]["status"], answered, json.loads(sent[1]["body"]))
