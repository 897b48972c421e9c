"""No request's body grows without end: Django would write it to the disk, whoever sends it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

from django.conf import settings

from apps.core.errors import LimitExceeded

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]
# What a form needs around the largest value that may be sent.
SLACK = 64 * 1024


class _TooLong(Exception):
    """The body went past the limit while it was read."""


def limit_body(application: Application) -> Application:
    """Answer 413 to bodies of more than `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes, without reading on."""
    limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + SLACK

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        size = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                raise _TooLong
            return message

        if _announced(scope) > limit:
            await _refuse(send)
            return
        try:
            await application(scope, counted, send)
        except _TooLong:  # Django reads the whole body before it answers anything.
            await _refuse(send)

    return limited


def _announced(scope: Scope) -> int:
    """Return the length that the request says it has; 0 when it says none."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _refuse(send: Send) -> None:
    error = LimitExceeded(
        f"The body has more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes, the most that is read."
    )
    body = json.dumps(error.to_dict()).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
