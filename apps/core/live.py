"""Live updates are nudges: the socket says what changed, and the page fetches it through the checked URL.

Nudges of one project are gathered for a quarter of a second, so that a thousand writers cost its watchers
four messages a second. Losing one is harmless: pages also poll.
"""

import asyncio
import logging
import threading
from collections.abc import Iterable

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

log = logging.getLogger(__name__)

Message = dict[str, str | int | list[str]]
GATHER_S = 0.25

_lock = threading.Lock()
_waiting: dict[tuple[int, str], set[str]] = {}
_to_recheck: set[str] = set()
_timer: threading.Timer | None = None
_loop: asyncio.AbstractEventLoop | None = None


def serve_from(loop: asyncio.AbstractEventLoop | None) -> None:
    """Name the event loop that the sockets run on; the in-memory layer may be used from there only."""
    global _loop
    _loop = loop


def group_name(project_id: int) -> str:
    """Name the channel group of everybody who watches a project."""
    return f"project.{project_id}"


def user_group_name(user_id: int) -> str:
    """Name the channel group of a person's sockets."""
    return f"user.{user_id}"


def publish(project_id: int, kind: str, ids: Iterable[str]) -> None:
    """Tell the watchers of a project that `ids` (run uids) changed, after this transaction commits.

    `kind` is "runs" (a run's facts), "points" (its metrics) or "console".
    """
    gathered = set(ids)
    transaction.on_commit(lambda: publish_now(project_id, kind, gathered))


def publish_now(project_id: int, kind: str, ids: Iterable[str]) -> None:
    """Like `publish`, for callers that have committed already."""
    with _lock:
        _waiting.setdefault((project_id, kind), set()).update(ids)
        _send_soon()


def recheck(group: str) -> None:
    """Make the sockets of a group look again, after this transaction commits, whether they may still listen."""
    transaction.on_commit(lambda: _recheck_now(group))


def _recheck_now(group: str) -> None:
    with _lock:
        _to_recheck.add(group)
        _send_soon()


def _send_soon() -> None:
    global _timer
    if _timer is None:
        _timer = threading.Timer(GATHER_S, send_gathered)
        _timer.daemon = True
        _timer.start()


def send_gathered() -> None:
    """Send what was gathered, one message a project and kind; first of all who has to look again."""
    global _timer
    with _lock:
        messages: list[tuple[str, Message]] = [
            (group, {"type": "access.changed"}) for group in sorted(_to_recheck)
        ]
        messages += [
            (
                group_name(project_id),
                {"type": "nudge", "project": project_id, "kind": kind, "ids": sorted(ids)},
            )
            for (project_id, kind), ids in _waiting.items()
        ]
        _to_recheck.clear()
        _waiting.clear()
        _timer = None
    try:
        if _loop is not None and _loop.is_running():
            asyncio.run_coroutine_threadsafe(_send(messages), _loop).result(timeout=5)
        else:
            async_to_sync(_send)(messages)
    except Exception:
        log.warning("nudges_lost count=%d", len(messages), exc_info=True)


async def _send(messages: list[tuple[str, Message]]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    for group, message in messages:
        await layer.group_send(group, message)
