"""W&B's way of writing: "from row N on, the content is this". Said again, nothing changes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.core.errors import AppError, Conflict
from apps.metrics import wire
from apps.metrics.append import Append, Appended, Target, append_all
from apps.metrics.blocks import Block, Part, concat, cut, gather, keep
from apps.metrics.models import Batch, Stream, Tile
from apps.metrics.records import Rows
from apps.metrics.sealing import locked_head
from apps.metrics.shelf import read_tile
from apps.metrics.truncation import truncate_stream


def replace_rows(target: Target, stream: UUID, first: int, rows: Rows) -> Appended:
    """Make `rows` the rows of a stream from number `first` on; raise Conflict when rows before it are missing.

    Rows that are there already with this very content stay, and so do those behind them: a late repetition
    takes nothing back. From the first row that differs, the new content replaces.
    """
    with transaction.atomic(), locked_head(target.run_id, waits=True):
        state = (
            Stream.objects.select_for_update(no_key=True)
            .filter(run_id=target.run_id, uuid=stream)
            .first()
        )
        next_row = state.next_row if state else 0
        if first > next_row:
            raise Conflict(f"Send the rows from {next_row} on first.", code="row_ahead")
        same = 0
        if state is not None and first < next_row:
            there = _read_from(state, first, wire.KIND_CODES[rows.kind])
            same = _count_same(there, gather([(first, rows.stored)]))
            if same < rows.rows:
                truncate_stream(target.run_id, stream, first + same)
        records: list[wire.Record] = [_without_first(rows, same)] if same < rows.rows else []
        request = wire.StreamRequest(stream, None, "", records)
        (outcome,) = append_all([Append.of(target, request)])
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def _read_from(stream: Stream, first: int, kind: int) -> Block | None:
    """Return the rows of a stream from number `first` on."""
    tiles = Tile.objects.filter(stream=stream, kind=kind, level=0, last_row__gte=first)
    blocks = [
        read_tile(tile_id, kind)[1]
        for tile_id in tiles.order_by("first_row").values_list("pk", flat=True)
    ]
    pieces = [
        (batch.first_row + place, record)
        for batch in Batch.objects.filter(stream=stream).order_by("first_offset")
        for name, place, record in wire.unpack_batch(bytes(batch.payload))
        if wire.KIND_CODES[name] == kind
    ]
    if pieces:
        blocks.append(gather(pieces))
    if not blocks:
        return None
    whole = concat(blocks)
    return keep(whole, whole.numbers >= first)


def _count_same(there: Block | None, new: Block) -> int:
    """Return how many rows at the beginning of both are equal in everything."""
    if there is None:
        return 0
    count = min(len(there), len(new))
    there, new = cut(there, 0, count), cut(new, 0, count)
    same = (there.steps == new.steps) & (there.times == new.times)
    for name in there.columns.keys() | new.columns.keys():
        for one, other in zip(_spread(there, name, count), _spread(new, name, count), strict=True):
            same &= one == other
    for name in there.objects.keys() | new.objects.keys():
        texts, others = _texts(there, name), _texts(new, name)
        for place in texts.keys() | others.keys():
            same[place] &= texts.get(place) == others.get(place)
    return count if same.all() else int(np.argmin(same))


def _spread(block: Block, name: str, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a key's values as bits, one a row, and which rows have one."""
    bits, present = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    column = block.columns.get(name)
    if column is not None:
        rows = slice(None) if column.rows is None else column.rows
        bits[rows] = column.parts[Part.VALUE].view(np.int64)
        present[rows] = True
    return bits, present


def _texts(block: Block, name: str) -> dict[int, bytes]:
    objects = block.objects.get(name)
    return dict(zip(objects.rows.tolist(), objects.texts, strict=True)) if objects else {}


def _without_first(rows: Rows, count: int) -> Rows:
    """Return a record without its first `count` rows."""
    stored, left = rows.stored, rows.rows - count
    steps = stored["steps"]
    columns: dict[str, Any] = {}
    for key, column in stored["columns"].items():
        if isinstance(column, bytes):
            columns[key] = column[8 * count :]
            continue
        places = np.frombuffer(column["rows"], np.uint32)
        skipped = int(np.searchsorted(places, count))
        if skipped < len(places):
            columns[key] = {
                "rows": (places[skipped:] - np.uint32(count)).tobytes(),
                "values": column["values"][8 * skipped :],
            }
    objects = {}
    for key, (places, texts) in stored["objects"].items():
        pairs = [(p - count, text) for p, text in zip(places, texts, strict=True) if p >= count]
        if pairs:
            objects[key] = ([place for place, _ in pairs], [text for _, text in pairs])
    cut_steps = (
        steps[8 * count :]
        if isinstance(steps, bytes)
        else {**steps, "start": steps["start"] + steps["stride"] * count}
    )
    kept = {"n": left, "steps": cut_steps, "times": stored["times"][8 * count :]}
    return Rows(
        rows.kind,
        {**stored, **kept, "columns": columns, "objects": objects},
        *(left, rows.points, rows.last_step),
    )
