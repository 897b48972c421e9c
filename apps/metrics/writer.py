"""One thread of the process commits stream requests, as many at a time as have come meanwhile.

A commit costs a flush to disk whatever is in it, so while one is under way the next requests gather.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from django.db import DatabaseError, IntegrityError, connection

from apps.core.errors import AppError, NotFound
from apps.metrics.append import Append, Outcome, append_all

log = logging.getLogger(__name__)

GROUP_REQUESTS = 16
GROUP_BYTES = 32 * 1024 * 1024
# More than this many bytes on their way into the database, and writers are asked to come back later.
MAX_WAITING_BYTES = 256 * 1024 * 1024
IDLE_S = 20.0

Deliver = Callable[[list[tuple[object, Outcome]]], None]


class Busy(AppError):
    """The database cannot take this now (503): the client keeps it and tries again."""

    status = 503
    code = "busy"


class Failed(AppError):
    """A fault of ours (500), which is in the log."""

    status = 500
    code = "internal"


class Writer:
    """Appends requests on a thread of its own, which ends when there has been nothing to do for a while."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._waiting: deque[tuple[Append, object]] = deque()
        self._waiting_bytes = 0
        self._thread: threading.Thread | None = None
        self._deliver: Deliver = lambda answers: None
        self._is_stopping = False

    def deliver_to(self, deliver: Deliver) -> None:
        """Name who gets the answers, in lists of (token, answer), on the writer's thread."""
        self._deliver = deliver

    def submit(self, append: Append, token: object) -> None:
        """Queue a request; its answer is delivered with `token`. Raises Busy when too much waits."""
        with self._lock:
            if self._waiting_bytes > MAX_WAITING_BYTES:
                raise Busy(
                    "Too many points are on their way into the database. Try again in a second."
                )
            self._waiting.append((append, token))
            self._waiting_bytes += len(append.payload)
            if self._thread is None:
                self._is_stopping = False
                self._thread = threading.Thread(
                    target=self._run, name="metrics-writer", daemon=True
                )
                self._thread.start()
            self._lock.notify()

    def stop(self) -> None:
        """Store what waits, and end the thread."""
        with self._lock:
            thread, self._is_stopping = self._thread, True
            self._lock.notify()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        try:
            while group := self._next_group():
                answers = _append_group([append for append, _ in group])
                tokens = [token for _, token in group]
                self._deliver(list(zip(tokens, answers, strict=True)))
        finally:
            connection.close()

    def _next_group(self) -> list[tuple[Append, object]]:
        with self._lock:
            while not self._waiting:
                if self._is_stopping or not self._lock.wait(IDLE_S):
                    if self._waiting:
                        continue
                    self._thread = None
                    return []
            group: list[tuple[Append, object]] = []
            size = 0
            while self._waiting and len(group) < GROUP_REQUESTS and size < GROUP_BYTES:
                group.append(self._waiting.popleft())
                size += len(group[-1][0].payload)
            self._waiting_bytes -= size
            return group


def _append_group(group: list[Append]) -> list[Outcome]:
    """Append all in one transaction, or each in its own where that fails: one must not spoil the others."""
    try:
        return list(append_all(group))
    except DatabaseError:
        connection.close_if_unusable_or_obsolete()
        if len(group) == 1:
            return [_append_one(group[0])]
        log.warning("group_split requests=%d", len(group), exc_info=True)
        return [_append_one(append) for append in group]
    except Exception:
        log.exception("append_failed requests=%d", len(group))
        return [_append_one(append) for append in group]


def _append_one(append: Append) -> Outcome:
    try:
        return append_all([append])[0]
    except IntegrityError:
        return NotFound("This run is not there any more.", code="run_not_found")
    except DatabaseError:
        log.warning("append_failed run=%s", append.target.run_uid, exc_info=True)
        connection.close_if_unusable_or_obsolete()
        return Busy("The database cannot store this now. Try again in a second.")
    except Exception:
        log.exception("append_failed run=%s", append.target.run_uid)
        return Failed("The server failed on this request.")


writer = Writer()
