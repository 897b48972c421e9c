"""From waiting batches to heads and tiles.

A sealer reads and computes without holding anybody up, then writes in one short transaction, which fails if
another was faster. Killed half-way, nothing has happened. On PostgreSQL sealers of one run also exclude each
other from the start by a lock on its head.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgpack
import numpy as np
from django.db import connection, transaction

from apps.metrics import heads, keys, sql, wire
from apps.metrics.blocks import Block, gather, types_of
from apps.metrics.heads import Heads
from apps.metrics.models import Head, Kind
from apps.metrics.shelf import Shelf, delete
from apps.metrics.summaries import record_changes
from apps.runs.models import Run

log = logging.getLogger(__name__)

MAX_KEYS = 100_000
# What one transaction seals at most, so that memory and the write lock stay small.
CHUNK_BATCHES = 1024
CHUNK_POINTS = 1_000_000
CHUNK_BYTES = 24 * 1024 * 1024

Pieces = list[tuple[int, dict[str, Any]]]


class Overtaken(Exception):
    """Another process has changed the run's tiles or heads meanwhile."""


@dataclass(slots=True)
class Waiting:
    """A batch that is still to be sealed, its records unpacked."""

    batch_id: int
    stream_id: int
    first_offset: int
    first_row: int
    received_at: datetime
    records: list[tuple[str, int, dict[str, Any]]]


@dataclass(slots=True)
class Counted:
    """A run's heads while blocks are folded into them."""

    head: Head
    rows: Heads
    system: Heads
    offsets: dict[int, int]  # stream → the record up to which it is counted

    @classmethod
    def of(cls, head: Head) -> Counted:
        offsets = msgpack.unpackb(head.counted, strict_map_key=False) if head.counted else {}
        return cls(head, heads.unpack(bytes(head.rows)), heads.unpack(bytes(head.system)), offsets)

    def of_kind(self, kind: int) -> Heads:
        return self.rows if kind == Kind.ROWS else self.system


def count_run(run_id: int) -> bool:
    """Take waiting rows into the run's heads and summary, and leave the batches; False if another was at it."""
    return _settle(run_id, is_sealing=False)


def seal_run(run_id: int) -> bool:
    """Put all rows that wait now into tiles (not those that come meanwhile); False if another was at it.

    A run that has ended is left with as few tiles as can be.
    """
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        return True
    newest = _newest_batch(run_id)
    # Not "until nothing waits": a busy writer would keep this one going, and the other runs waiting.
    while newest and sql.fetch(
        "SELECT 1 FROM metrics_batch WHERE run_id = %s AND id <= %s LIMIT 1", [run_id, newest]
    ):
        if not _settle(run_id, is_sealing=True):
            return False
    return run.is_live or _compact(run_id)


def _newest_batch(run_id: int) -> int | None:
    ((newest,),) = sql.fetch("SELECT MAX(id) FROM metrics_batch WHERE run_id = %s", [run_id])
    return None if newest is None else int(newest)


def _settle(run_id: int, *, is_sealing: bool) -> bool:
    try:
        with locked_head(run_id, waits=False) as head:
            if head is None:
                return False
            counted = Counted.of(head)
            waiting = read_waiting(run_id, None if is_sealing else counted.offsets)
            if waiting:
                _settle_waiting(counted, waiting, is_sealing=is_sealing)
            return True
    except Overtaken:
        log.info("seal_overtaken run=%d", run_id)
        return False


def settle_all(counted: Counted) -> None:
    """Seal everything that waits, within the caller's transaction, which keeps writers out."""
    while waiting := read_waiting(counted.head.pk):
        _settle_waiting(counted, waiting, is_sealing=True)


def _compact(run_id: int) -> bool:
    """Merge what small tiles a run has left, and tell it the statistics of all its keys."""
    small = sql.fetch(
        "SELECT stream_id, kind, level, MAX(received_at) FROM metrics_tile WHERE run_id = %s "
        "AND NOT is_full GROUP BY stream_id, kind, level HAVING COUNT(*) > 1",
        [run_id],
    )
    try:
        with locked_head(run_id, waits=False) as head:
            if head is None:
                return False
            counted = Counted.of(head)
            for stream_id, kind, level, received_at in small:
                shelf = Shelf(run_id, {}, sql.read_time(received_at))
                shelf.compact(stream_id, kind, level)
                with transaction.atomic():
                    save_head(counted)
                    shelf.write()
            record_changes(run_id, counted.rows, counted.rows.places.keys())
            return True
    except Overtaken:
        log.info("seal_overtaken run=%d", run_id)
        return False


@contextmanager
def locked_head(run_id: int, *, waits: bool) -> Iterator[Head | None]:
    """Load a run's head, making it if there is none; on PostgreSQL locked, or None if it is and not `waits`."""
    if not sql.fetch("SELECT 1 FROM metrics_head WHERE run_id = %s", [run_id]):
        Head.objects.bulk_create([Head(run_id=run_id)], ignore_conflicts=True)
    if connection.vendor != "postgresql":
        yield Head.objects.get(pk=run_id)
        return
    with transaction.atomic():
        locked = Head.objects.select_for_update(skip_locked=not waits, no_key=True)
        yield locked.filter(pk=run_id).first()


def read_waiting(run_id: int, offsets: Mapping[int, int] | None = None) -> list[Waiting]:
    """Read the batches of a run that wait, in the order of their streams, up to a chunk.

    With `offsets`, only those from that record of each stream on.
    """
    listed = sql.fetch(
        "SELECT id, stream_id, first_offset, points, length(payload) FROM metrics_batch "
        "WHERE run_id = %s ORDER BY stream_id, first_offset",
        [run_id],
    )
    chosen: list[tuple[int]] = []
    points = size = 0
    for batch_id, stream_id, first_offset, batch_points, length in listed:
        if offsets is not None and first_offset < offsets.get(stream_id, 0):
            continue
        points, size = points + batch_points, size + length
        is_full = points > CHUNK_POINTS or size > CHUNK_BYTES or len(chosen) == CHUNK_BATCHES
        if chosen and is_full:
            break
        chosen.append((batch_id,))
    if not chosen:
        return []
    rows = sql.fetch(
        "SELECT id, stream_id, first_offset, first_row, received_at, payload FROM metrics_batch "
        "WHERE id IN (VALUES {numbers}) ORDER BY stream_id, first_offset",
        numbers=chosen,
    )
    return [_unpack_waiting(row) for row in rows]


def read_all_waiting(
    run_ids: Collection[int], offsets: Mapping[int, Mapping[int, int]]
) -> dict[int, list[Waiting]]:
    """Read the batches of runs that wait and are not counted yet: `offsets` says how far, by run and stream."""
    waiting: dict[int, list[Waiting]] = {}
    if run_ids:
        for run, *row in sql.fetch(
            "SELECT run_id, id, stream_id, first_offset, first_row, received_at, payload "
            "FROM metrics_batch WHERE run_id IN (VALUES {numbers}) ORDER BY stream_id, first_offset",
            numbers=[(run_id,) for run_id in run_ids],
        ):
            if row[2] >= offsets.get(run, {}).get(row[1], 0):
                waiting.setdefault(run, []).append(_unpack_waiting(row))
    return waiting


def _unpack_waiting(row: Sequence[Any]) -> Waiting:
    batch_id, stream_id, first_offset, first_row, received_at, payload = row
    return Waiting(
        *(batch_id, stream_id, first_offset, first_row),
        sql.read_time(received_at),
        wire.unpack_batch(bytes(payload)),
    )


def pieces_by_stream(waiting: Sequence[Waiting]) -> dict[tuple[int, int], Pieces]:
    """Group the records of batches by stream and kind."""
    groups: dict[tuple[int, int], Pieces] = {}
    for batch in waiting:
        for kind, first, record in batch.records:
            key = (batch.stream_id, wire.KIND_CODES[kind])
            groups.setdefault(key, []).append((batch.first_row + first, record))
    return groups


def _settle_waiting(counted: Counted, waiting: list[Waiting], *, is_sealing: bool) -> None:
    run_id = counted.head.pk
    uncounted = [b for b in waiting if b.first_offset >= counted.offsets.get(b.stream_id, 0)]
    blocks = gather_streams(waiting)
    ids = _number_keys(counted, blocks)
    # Mostly nothing or everything was counted before; to gather twice is dear.
    new = blocks if len(uncounted) == len(waiting) else gather_streams(uncounted)
    changed = _count(counted, uncounted, new, ids)
    shelf = Shelf(run_id, ids, max(batch.received_at for batch in waiting))
    if is_sealing:
        for (stream_id, kind), block in blocks.items():
            shelf.put(stream_id, kind, 0, block)
    with transaction.atomic():
        save_head(counted)
        if is_sealing:
            delete("metrics_batch", [batch.batch_id for batch in waiting])
            shelf.write()
        record_changes(run_id, counted.rows, changed)


def gather_streams(waiting: Sequence[Waiting]) -> dict[tuple[int, int], Block]:
    """Return the rows of batches as a block for each stream and kind."""
    return {key: gather(pieces) for key, pieces in pieces_by_stream(waiting).items()}


def _number_keys(counted: Counted, blocks: dict[tuple[int, int], Block]) -> dict[str, int]:
    """Return the numbers of the blocks' keys, without those that are beyond the limit of a run."""
    ((project_id,),) = sql.fetch("SELECT project_id FROM runs_run WHERE id = %s", [counted.head.pk])
    names = dict.fromkeys(
        name
        for (_, kind), block in blocks.items()
        if kind != Kind.CONSOLE
        for name in (*block.columns, *block.objects)
    )
    found = keys.find(project_id, names)
    present = counted.rows.places.keys() | counted.system.places.keys()
    known = {name: number for name, number in found.items() if number in present}
    room = max(0, MAX_KEYS - len(present))
    new = [name for name in names if name not in known][:room]
    return known | (keys.intern(project_id, new) if new else {})


def _count(
    counted: Counted,
    uncounted: list[Waiting],
    blocks: dict[tuple[int, int], Block],
    ids: dict[str, int],
) -> set[int]:
    """Fold what is not yet counted into the heads; return the numbers of the keys of rows that changed."""
    changed: set[int] = set()
    head = counted.head
    pieces = pieces_by_stream(uncounted)
    for (stream_id, kind), block in blocks.items():
        if kind == Kind.CONSOLE:
            continue
        heads.fold(counted.of_kind(kind), block, ids, types_of(pieces[stream_id, kind]))
        earliest = float(block.times.min())
        if kind == Kind.ROWS:
            head.first_time = _least(earliest, head.first_time)
            changed |= {ids[name] for name in (*block.columns, *block.objects) if name in ids}
        else:
            head.first_system_time = _least(earliest, head.first_system_time)
        head.left_out_points += sum(c.count for n, c in block.columns.items() if n not in ids)
    for batch in uncounted:
        last = max(float(np.frombuffer(r["times"], np.float64).max()) for _, _, r in batch.records)
        head.clock_skew_s = _least(batch.received_at.timestamp() - last, head.clock_skew_s)
        counted.offsets[batch.stream_id] = batch.first_offset + 1
    return changed


def _least(value: float, known: float | None) -> float:
    return value if known is None else min(value, known)


def save_head(counted: Counted) -> None:
    """Write a run's heads; raise Overtaken if another has since they were read."""
    head = counted.head
    read_version, head.version = head.version, head.version + 1
    head.rows, head.system = heads.pack(counted.rows), heads.pack(counted.system)
    head.counted = msgpack.packb(counted.offsets)
    head.chart_keys = _chart_keys(counted.rows)
    head.system_chart_keys = _chart_keys(counted.system)
    head.points = counted.rows.count_points() + counted.system.count_points()
    changed = sql.run(
        "UPDATE metrics_head SET version = %s, rows = %s, system = %s, counted = %s, "
        "chart_keys = %s, system_chart_keys = %s, first_time = %s, first_system_time = %s, "
        "clock_skew_s = %s, points = %s, left_out_points = %s WHERE run_id = %s AND version = %s",
        [
            *(head.version, head.rows, head.system, head.counted),
            *(head.chart_keys, head.system_chart_keys, head.first_time, head.first_system_time),
            *(head.clock_skew_s, head.points, head.left_out_points, head.pk, read_version),
        ],
    )
    if not changed:
        raise Overtaken


def _chart_keys(of_kind: Heads) -> bytes:
    table = of_kind.table
    return bytes(table["key"][table["count"] > 0].astype("<u4").tobytes())
