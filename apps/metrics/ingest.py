"""`POST /api/v1/runs/{uid}/stream`, a small ASGI application that is asked before Django's middleware.

The same functions as everywhere decide who may write, cached for at most 5 seconds a key and run. Small bodies
are read on the event loop, large ones on a thread; the writer's thread stores them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import zstandard
from django.db import close_old_connections

from apps.audit.origin import Door, Origin, trusted_address
from apps.core.errors import AppError, LimitExceeded, NotFound, Unauthenticated
from apps.metrics import wire
from apps.metrics.append import Append, Appended, Outcome, Target
from apps.metrics.writer import Busy, Failed, writer
from apps.orgs.actor import Actor
from apps.orgs.authentication import actor_from_header
from apps.orgs.permissions import Perm
from apps.projects import quotas
from apps.runs import access

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Headers = Mapping[bytes, str]
Peer = tuple[str, int] | None
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

GRANT_S = 5.0
MAX_GRANTS = 20_000
# Up to this many bytes, reading a body takes less time than handing it to a thread.
INLINE_BYTES = 128 * 1024
RETRY_S = 1

_PATH = re.compile(r"/api/v1/runs/([A-Za-z0-9]{1,64})/stream\Z")
# (digest of the credentials, run uid) → until when, whose, and what they may write to.
_grants: dict[tuple[bytes, str], tuple[float, int | None, Target]] = {}


def is_for_stream(scope: Scope) -> bool:
    """Tell whether a request is for the stream route."""
    return scope["type"] == "http" and _PATH.match(scope["path"]) is not None


def forget_grants(user_id: int | None = None) -> None:
    """Ask again who may write: all, or one user after their rights changed."""
    for key, (_, owner, _) in list(_grants.items()):
        if user_id is None or owner == user_id:
            _grants.pop(key, None)


async def stream_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Outcome one request to the stream route."""
    headers: list[tuple[bytes, bytes]] = []
    error: AppError
    try:
        status, document, warning = await _answer(scope, receive)
        if warning:
            headers.append((quotas.WARNING_HEADER.lower().encode(), warning.encode()))
    except AppError as refusal:
        error = refusal
        status, document = error.status, error.to_dict()
        if isinstance(error, Busy):
            headers = [(b"retry-after", str(RETRY_S).encode())]
        elif isinstance(error, Unauthenticated):
            headers = [(b"www-authenticate", b'Bearer realm="api"')]
    except Exception:
        log.exception("stream_failed")
        error = Failed("The server failed on this request.")
        status, document = error.status, error.to_dict()
    body = json.dumps(document, separators=(",", ":")).encode()
    headers += [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _answer(scope: Scope, receive: Receive) -> tuple[int, dict[str, Any], str]:
    match = _PATH.match(scope["path"])
    if match is None:
        raise NotFound("There is nothing at this address.")
    if scope["method"] != "POST":
        raise MethodNotAllowed("Only POST is allowed here.")
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    try:
        target = await _authorise(headers, scope.get("client"), match[1])
    except AppError:
        # A client that is still sending would not see the answer. Nothing is kept: anybody may come here.
        await _read_body(receive, 0)
        raise
    body = await _read_body(receive, wire.MAX_REQUEST_BYTES)
    if len(body) > wire.MAX_REQUEST_BYTES:
        raise LimitExceeded(wire.TOO_LARGE, code="request_too_large")
    kind = headers.get(b"content-type", "")
    encoding = headers.get(b"content-encoding", "").strip().lower()
    if _is_small(body, kind, encoding):
        append = _read(target, body, kind, encoding)
    else:
        loop = asyncio.get_running_loop()
        append = await loop.run_in_executor(None, _read, target, body, kind, encoding)
    return 200, _describe(await _store(append)), target.warning


class MethodNotAllowed(AppError):
    """The route knows other methods (405)."""

    status = 405
    code = "method_not_allowed"


async def _read_body(receive: Receive, limit: int) -> bytes:
    """Return the body; of one that is longer than `limit` bytes, enough to tell."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise AppError("The client went away.")
        chunk = message.get("body", b"")
        if size <= limit:
            chunks.append(chunk)
            size += len(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _authorise(headers: Headers, peer: Peer, uid: str) -> Target:
    """Return the run that the request may write to; raises access's errors."""
    header = headers.get(b"authorization", "")
    key = (hashlib.sha256(header.encode()).digest(), uid)
    granted = _grants.get(key)
    if granted is not None and granted[0] > time.monotonic():
        return granted[2]
    loop = asyncio.get_running_loop()
    user_id, target = await loop.run_in_executor(None, _load_target, headers, peer, uid)
    if len(_grants) >= MAX_GRANTS:
        _grants.clear()
    _grants[key] = (time.monotonic() + GRANT_S, user_id, target)
    return target


def _load_target(headers: Headers, peer: Peer, uid: str) -> tuple[int | None, Target]:
    close_old_connections()
    try:
        actor = actor_from_header(headers.get(b"authorization", ""))
        if actor is None:
            raise Unauthenticated("Send an API key: Authorization: Bearer KEY.")
        run = access.get_run(actor, uid, Perm.RUN_WRITE)
        limits = quotas.limits_on(run.project)
        quotas.check_room(limits, {quotas.STORAGE, quotas.POINTS})
        near = quotas.nearest(limits)
        warning = near.header if near else ""
        origin = _origin_of(actor, headers, peer)
        target = Target(run.pk, run.uid, run.project_id, actor.user_id, origin, warning)
        return actor.user_id, target
    finally:
        close_old_connections()


def _origin_of(actor: Actor, headers: Headers, peer: Peer) -> Origin:
    address = trusted_address(peer[0] if peer else "", headers.get(b"x-forwarded-for", ""))
    return Origin.of_actor(actor, Door.STREAM, address, headers.get(b"user-agent", ""))


def _is_small(body: bytes, kind: str, encoding: str) -> bool:
    if kind.startswith("application/json"):
        return len(body) <= INLINE_BYTES // 8 and not encoding
    if encoding == "zstd" and len(body) <= INLINE_BYTES:
        try:
            return 0 <= zstandard.frame_content_size(body) <= INLINE_BYTES
        except zstandard.ZstdError:
            return True  # Refused at once.
    return len(body) <= INLINE_BYTES and not encoding


def _read(target: Target, body: bytes, kind: str, encoding: str) -> Append:
    return Append.of(target, wire.parse(body, kind, encoding))


async def _store(append: Append) -> Appended:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Outcome] = loop.create_future()
    writer.submit(append, future)
    answer = await future
    if isinstance(answer, AppError):
        raise answer
    return answer


def _deliver(answers: list[tuple[Any, Outcome]]) -> None:
    """Wake the requests of a group, with one call to each of their event loops."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Any, Outcome]]] = {}
    for future, answer in answers:
        loops.setdefault(future.get_loop(), []).append((future, answer))
    for loop, group in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, group)


def _resolve(answers: list[tuple[asyncio.Future[Outcome], Outcome]]) -> None:
    for future, answer in answers:
        if not future.done():
            future.set_result(answer)


writer.deliver_to(_deliver)


def _describe(appended: Appended) -> dict[str, Any]:
    refused = [
        {"offset": offset, "code": code, "message": message}
        for offset, code, message in appended.refused
    ]
    return {
        "offset": appended.offset,
        "commands": [],
        "retry_after": None,
        "refused": refused,
    }
