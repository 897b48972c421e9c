"""Taking back rows: a stream from one row on, or a run from one step on.

Rare, so it is simple: with the streams locked everything is sealed, tiles across the edge are cut, and the heads
are counted again from what is left. All of it is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.core import clock
from apps.metrics import heads, levels, sql
from apps.metrics.blocks import Block, Part, keep
from apps.metrics.heads import Heads
from apps.metrics.models import Kind, Stream, Tile
from apps.metrics.sealing import Counted, locked_head, save_head, settle_all
from apps.metrics.shelf import Shelf, read_tile
from apps.metrics.summaries import record_changes, record_removals
from apps.metrics.values import Flag
from apps.runs.models import Run

Mask = Callable[[Block], NDArray[np.bool_]]


def truncate_stream(run_id: int, stream: UUID, row: int) -> None:
    """Take back the rows of a stream from number `row` on; the next row will have that number."""
    with _sealed(run_id) as counted:
        state = Stream.objects.filter(run_id=run_id, uuid=stream).first()
        if state is not None and state.next_row > row:
            Stream.objects.filter(pk=state.pk).update(next_row=row)
            tiles = Tile.objects.filter(stream=state, level=0, last_row__gte=row)
            _cut(counted, tiles.values_list("pk", "stream_id", "kind"), lambda b: b.numbers < row)


def truncate_run(run_id: int, step: int) -> None:
    """Take back the rows of a run with this step and beyond. System samples and console lines stay."""
    with _sealed(run_id) as counted:
        tiles = Tile.objects.filter(run_id=run_id, kind=Kind.ROWS, level=0, max_step__gte=step)
        _cut(counted, tiles.values_list("pk", "stream_id", "kind"), lambda b: b.steps < step)


@contextmanager
def _sealed(run_id: int) -> Iterator[Counted]:
    """Keep writers out and put all that waits into tiles."""
    with transaction.atomic(), locked_head(run_id, waits=True) as head:
        if head is None:
            raise RuntimeError(f"run {run_id} has no head")
        list(Stream.objects.select_for_update(no_key=True).filter(run_id=run_id).order_by("pk"))
        # Summaries are recorded more than once here, and each locks the run's document: the run goes first.
        list(Run.objects.select_for_update(no_key=True).filter(pk=run_id).values_list("pk"))
        counted = Counted.of(head)
        settle_all(counted)
        yield counted


def _cut(counted: Counted, tiles: Any, mask: Mask) -> None:
    run_id = counted.head.pk
    shelf = Shelf(run_id, {}, clock.now())
    first_removed: dict[tuple[int, int], int] = {}
    for tile_id, stream_id, kind in tiles.order_by("stream_id", "first_row"):
        (block,) = shelf.take([tile_id], kind)
        kept = mask(block)
        if not kept.all():
            removed = int(block.numbers[~kept][0])
            first_removed.setdefault((stream_id, kind), removed)
        if kept.any():
            is_last = not Tile.objects.filter(
                stream_id=stream_id, kind=kind, level=0, first_row__gt=int(block.numbers[-1])
            ).exists()
            # A tile in the middle is not merged again, so it counts as full.
            shelf.insert(stream_id, kind, 0, keep(block, kept), is_full=not is_last)
    for (stream_id, kind), row in first_removed.items():
        _cut_levels(shelf, stream_id, kind, row)
    shelf.write()
    for stream_id, kind in first_removed:
        _rebuild_level(run_id, stream_id, kind)
    _count_again(counted)


def _cut_levels(shelf: Shelf, stream_id: int, kind: int, row: int) -> None:
    """Drop the buckets that hold row number `row` or a later one."""
    tiles = Tile.objects.filter(stream_id=stream_id, kind=kind, level__gt=0, last_row__gte=row)
    for tile_id, level in tiles.values_list("pk", "level"):
        (block,) = shelf.take([tile_id], kind)
        kept = block.shared[Part.LAST_NUMBER] < row
        if kept.any():
            shelf.insert(stream_id, kind, level, keep(block, kept), is_full=False)


def _rebuild_level(run_id: int, stream_id: int, kind: int) -> None:
    """Make buckets of the full tiles that have none any more, so that levels reach without a hole."""
    full = Tile.objects.filter(stream_id=stream_id, kind=kind, level=0, is_full=True)
    reach = Shelf.reach(stream_id, kind, 1)
    for tile_id in (
        full.filter(last_row__gt=reach).order_by("first_row").values_list("pk", flat=True)
    ):
        names, block = read_tile(tile_id, kind)
        shelf = Shelf(run_id, {name: number for number, name in names.items()}, clock.now())
        left = keep(block, block.numbers > reach)
        shelf.put(stream_id, kind, 1, levels.summarise(left))
        shelf.write()


def _count_again(counted: Counted) -> None:
    """Make the heads anew from the tiles."""
    head = counted.head
    before: dict[int, Heads] = {k: counted.of_kind(k) for k in (Kind.ROWS, Kind.SYSTEM)}
    counted.rows, counted.system = Heads(), Heads()
    tiles = Tile.objects.filter(run_id=head.pk, level=0, kind__in=before)
    for tile_id, kind in tiles.order_by("stream_id", "first_row").values_list("pk", "kind"):
        names, block = read_tile(tile_id, kind)
        ids = {name: number for number, name in names.items()}
        heads.fold(counted.of_kind(kind), block, ids, _types(before[kind], block, ids))
    head.first_time = _first_time(head.pk, Kind.ROWS)
    head.first_system_time = _first_time(head.pk, Kind.SYSTEM)
    save_head(counted)
    sql.run(
        "UPDATE metrics_stream SET last_step = (SELECT MAX(max_step) FROM metrics_tile "
        "WHERE stream_id = metrics_stream.id AND kind = %s AND level = 0) WHERE run_id = %s",
        [Kind.ROWS, head.pk],
    )
    removed = before[Kind.ROWS].places.keys() - counted.rows.places.keys()
    record_changes(head.pk, counted.rows, counted.rows.places.keys())
    record_removals(head.pk, removed)


def _first_time(run_id: int, kind: Kind) -> float | None:
    ((earliest,),) = sql.fetch(
        "SELECT MIN(min_time) FROM metrics_tile WHERE run_id = %s AND kind = %s AND level = 0",
        [run_id, kind],
    )
    return None if earliest is None else float(earliest)


def _types(before: Heads, block: Block, ids: dict[str, int]) -> dict[str, int]:
    """Return the flags of a block's keys: tiles don't tell a bool from a number, but the old heads do."""
    flags = before.table["flags"]
    types: dict[str, int] = {
        name: int(flags[before.places[ids[name]]]) & (Flag.NUMBER | Flag.BOOL)
        for name in block.columns
    }
    starts = {b'"': Flag.TEXT, b"{": Flag.JSON, b"[": Flag.JSON, b"n": Flag.NULL}
    for name, objects in block.objects.items():
        for start in {text[:1] for text in objects.texts}:
            types[name] = types.get(name, 0) | starts.get(start, Flag.NUMBER)
    return types
