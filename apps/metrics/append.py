"""Storing stream requests: a transaction for a group of them, a batch for each.

Nothing else happens on this path: no heads, no facts, no index. Works on the calling thread's connection; the
server calls it from one thread (writer.py), so that requests that arrive together are committed together.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.audit.origin import Origin, entered
from apps.core import clock, live
from apps.core.errors import AppError, Gone
from apps.metrics import sql
from apps.metrics.controls import Control, apply_control
from apps.metrics.heartbeats import is_due
from apps.metrics.records import Rows
from apps.metrics.values import Refusal
from apps.metrics.wire import StreamRequest, pack_batch
from apps.runs import services


@dataclass(frozen=True, slots=True)
class Target:
    """The run that a request is for, and who asks; loaded through access."""

    run_id: int
    run_uid: str
    project_id: int
    user_id: int | None
    origin: Origin = field(default_factory=Origin, compare=False)
    # The limit that it comes near to, for the answer's header.
    warning: str = ""


@dataclass(slots=True)
class Append:
    """One request on its way into the database."""

    target: Target
    request: StreamRequest
    payload: bytes  # of all its records; made before the transaction, where it costs nobody's time
    rows: list[Rows]

    @classmethod
    def of(cls, target: Target, request: StreamRequest) -> Append:
        rows = [record for record in request.records if isinstance(record, Rows) and record.rows]
        return cls(target, request, pack_batch(rows) if rows else b"", rows)


@dataclass(slots=True)
class Appended:
    """What became of a request: the next offset, and the records that were refused."""

    offset: int
    refused: list[tuple[int, str, str]] = field(default_factory=list)


class Ahead(AppError):
    """The records before a request's are missing, so nothing of it is stored (409)."""

    status = 409
    code = "offset_ahead"

    def __init__(self, offset: int) -> None:
        super().__init__(f"Records before these are missing: send again from record {offset}.")
        self.offset = offset

    def to_dict(self) -> dict[str, object]:
        return {**super().to_dict(), "offset": self.offset}


# What a request gets: stored, or the reason why nothing of it is.
Outcome = Appended | AppError


class _StreamState:
    """A stream's counters within a transaction."""

    __slots__ = (
        "is_changed",
        "is_in_trash",
        "last_step",
        "next_offset",
        "next_row",
        "stream_id",
    )

    def __init__(self, row: tuple[Any, ...]) -> None:
        self.stream_id, _, _, self.next_offset, self.next_row, self.last_step, deleted_at = row
        self.is_changed = False
        self.is_in_trash = deleted_at is not None


def append_all(appends: Sequence[Append]) -> list[Outcome]:
    """Store requests in one transaction, in order; committed when this returns.

    Raises the database's error, and then nothing is stored: try them one by one.
    """
    now = clock.now()
    with transaction.atomic():
        streams = _lock_streams(appends, now)
        batches: list[tuple[Any, ...]] = []
        results = [_take(append, streams, batches, now) for append in appends]
        _insert_batches(batches)
        _update_streams([state for state in streams.values() if state.is_changed], now)
        _apply_controls(appends, results, now)
    _nudge(appends)
    return [result for result, _ in results]


def _stream_key(append: Append) -> tuple[int, uuid.UUID]:
    return append.target.run_id, append.request.stream


def _lock_streams(
    appends: Sequence[Append], now: datetime
) -> dict[tuple[int, uuid.UUID], _StreamState]:
    """Load the streams of the requests, locked; make those that are new."""
    labels = {_stream_key(append): append.request.label for append in appends}
    found = _select_streams(list(labels))
    missing = sorted(key for key in labels if key not in found)
    if missing:
        at = sql.adapt(now)
        sql.run(
            "INSERT INTO metrics_stream (run_id, uuid, label, next_offset, next_row, created_at, "
            "last_seen_at) VALUES {rows} ON CONFLICT (run_id, uuid) DO NOTHING",
            rows=[(key[0], sql.adapt(key[1]), labels[key], 0, 0, at, at) for key in missing],
        )
        found = _select_streams(list(labels))
        if len(found) < len(labels):
            raise IntegrityError("a run is gone for good")
    return found


def _select_streams(
    keys: list[tuple[int, uuid.UUID]],
) -> dict[tuple[int, uuid.UUID], _StreamState]:
    # In one order everywhere, so that two processes don't wait for each other.
    rows = sql.fetch(
        "SELECT s.id, s.run_id, s.uuid, s.next_offset, s.next_row, s.last_step, r.deleted_at "  # nosec B608
        "FROM metrics_stream s JOIN runs_run r ON r.id = s.run_id "
        "WHERE (s.run_id, s.uuid) IN (VALUES {rows}) ORDER BY s.id" + sql.for_update_of("s"),
        rows=[(run_id, sql.adapt(name)) for run_id, name in keys],
    )
    return {
        (row[1], row[2] if isinstance(row[2], uuid.UUID) else uuid.UUID(row[2])): _StreamState(row)
        for row in rows
    }


def _take(
    append: Append,
    streams: dict[tuple[int, uuid.UUID], _StreamState],
    batches: list[tuple[Any, ...]],
    now: datetime,
) -> tuple[Outcome, list[tuple[int, Control]]]:
    """Note a request's batch and counters; return its answer and the controls that are to be applied."""
    state, request = streams[_stream_key(append)], append.request
    offset = state.next_offset if request.offset is None else request.offset
    skipped = state.next_offset - offset
    if state.is_in_trash:
        return Gone("The run was deleted. Restore it first.", code="run_deleted"), []
    if skipped < 0:
        return Ahead(state.next_offset), []
    new = request.records[skipped:]
    result = Appended(max(state.next_offset, offset + len(request.records)))
    first = offset + skipped
    controls = []
    for place, record in enumerate(new, first):
        if isinstance(record, Refusal):
            result.refused.append((place, record.code, record.message))
        elif isinstance(record, Control):
            controls.append((place, record))
    rows = append.rows if not skipped else [r for r in new if isinstance(r, Rows) and r.rows]
    if rows:
        payload = pack_batch(rows) if skipped else append.payload
        count = sum(record.rows for record in rows)
        points = sum(record.points for record in rows)
        place_of_batch = (append.target.run_id, state.stream_id, first, state.next_row)
        batches.append((*place_of_batch, count, points, sql.adapt(now), payload))
        state.next_row += count
        steps = [record.last_step for record in rows if record.kind == "rows"]
        if steps:
            state.last_step = max(steps + ([] if state.last_step is None else [state.last_step]))
    if new:
        state.next_offset = result.offset
        state.is_changed = True
    return result, controls


def _insert_batches(batches: list[tuple[Any, ...]]) -> None:
    if batches:
        sql.run(
            "INSERT INTO metrics_batch (run_id, stream_id, first_offset, first_row, rows, points, "
            "received_at, payload) VALUES {rows}",
            rows=batches,
        )


def _update_streams(states: list[_StreamState], now: datetime) -> None:
    if states:
        sql.run(
            "UPDATE metrics_stream SET last_seen_at = %s, next_offset = v.column2, "
            "next_row = v.column3, last_step = CAST(v.column4 AS bigint) "
            "FROM (VALUES {rows}) AS v WHERE metrics_stream.id = v.column1",
            [sql.adapt(now)],
            [(s.stream_id, s.next_offset, s.next_row, s.last_step) for s in states],
        )


def _apply_controls(
    appends: Sequence[Append],
    results: list[tuple[Outcome, list[tuple[int, Control]]]],
    now: datetime,
) -> None:
    """Touch the runs that are heard of, and apply what records say of them; runs in one order everywhere."""
    pairs = zip(appends, results, strict=True)
    for append, (result, controls) in sorted(pairs, key=lambda pair: pair[0].target.run_id):
        if isinstance(result, AppError):
            continue
        target = append.target
        if is_due(target.run_id):
            with entered(target.origin):
                services.touch_run(run_id=target.run_id, at=now)
        for place, control in controls:
            try:
                # A savepoint: what one record did before it failed must not stay.
                with entered(target.origin), transaction.atomic():
                    apply_control(control, run_id=target.run_id, author_id=target.user_id, at=now)
            except AppError as error:
                result.refused.append((place, error.code, error.message))
        result.refused.sort()


def _nudge(appends: Sequence[Append]) -> None:
    """Tell the watchers of each project which runs have new points or lines."""
    changed: dict[tuple[int, str], set[str]] = {}
    for append in appends:
        for kind in {"console" if row.kind == "console" else "points" for row in append.rows}:
            changed.setdefault((append.target.project_id, kind), set()).add(append.target.run_uid)
    for (project_id, kind), uids in changed.items():
        live.publish_now(project_id, kind, uids)
