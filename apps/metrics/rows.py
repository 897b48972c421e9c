"""Exact rows: all values of each step together, numbers and objects, a page of steps at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from apps.metrics import sql
from apps.metrics.blocks import Block, Part, keep
from apps.metrics.codec import Ints
from apps.metrics.heads import Heads
from apps.metrics.live_heads import read_heads
from apps.metrics.models import Kind
from apps.metrics.reading import read_waiting_blocks
from apps.metrics.shelf import read_tile
from apps.metrics.tile_reader import list_tiles
from apps.metrics.values import Flag, unpack_object

# A page holds at most this many values, however wide its rows are.
MAX_PAGE_CELLS = 1_000_000


@dataclass(slots=True)
class StepRow:
    """What was logged at one step; of a key that was logged twice there, the later value."""

    step: int
    time: float
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Source:
    """Rows that lie together, loaded when they are wanted."""

    order: tuple[int, int]  # stream, number of the first row
    min_step: int
    max_step: int
    tile_id: int | None = None
    block: Block | None = None

    def load(self, kind: int) -> Block:
        if self.block is None:
            assert self.tile_id is not None  # noqa: S101 - one of the two is always there  # nosec B101
            self.block = read_tile(self.tile_id, kind)[1]
        return self.block


def read_rows(
    run_id: int, low: int, high: int, names: Collection[str] | None, limit: int
) -> tuple[list[StepRow], int | None]:
    """Return the rows of the first `limit` steps from `low` to `high`, and the step to go on from."""
    heads = read_heads([run_id], Kind.ROWS)
    bools: set[str] = set()
    if run_id in heads:
        bools = _bools(heads[run_id].heads, heads[run_id].names)
    with sql.snapshot():
        sources = [s for s in _sources(run_id) if s.max_step >= low and s.min_step <= high]
        blocks, steps = _load_until(sources, low, high, limit)
    widest = max((len(block.columns) + len(block.objects) for block in blocks), default=0)
    limit = max(1, min(limit, MAX_PAGE_CELLS // max(widest, 1)))
    following = int(steps[limit]) if len(steps) > limit else None
    if not len(steps):
        return [], None
    last = int(steps[:limit][-1])
    rows: dict[int, StepRow] = {}
    for block in blocks:
        _merge(rows, keep(block, (block.steps >= low) & (block.steps <= last)), names, bools)
    return [rows[step] for step in sorted(rows)], following


def _bools(heads: Heads, names: dict[int, str]) -> set[str]:
    table = heads.table
    return {names[key] for key in table["key"][table["flags"] == Flag.BOOL].tolist()}


def _sources(run_id: int) -> list[_Source]:
    tiles = [tile for tile in list_tiles([run_id], Kind.ROWS)[run_id] if tile.level == 0]
    sources = [
        _Source((t.stream_id, t.first_row), t.min_step, t.max_step, tile_id=t.tile_id)
        for t in tiles
    ]
    for stream, block in read_waiting_blocks([run_id], Kind.ROWS, None).get(run_id, {}).items():
        order = (stream, int(block.numbers[0]))
        first, last = int(block.steps.min()), int(block.steps.max())
        sources.append(_Source(order, first, last, block=block))
    return sources


def _load_until(
    sources: Sequence[_Source], low: int, high: int, limit: int
) -> tuple[list[Block], Ints]:
    """Load sources by their least step until more than `limit` steps are whole; return them as they arrived."""
    by_step = sorted(sources, key=lambda source: source.min_step)
    steps = np.zeros(0, np.int64)
    loaded: list[_Source] = []
    whole = steps
    for place, source in enumerate(by_step):
        loaded.append(source)
        own = source.load(Kind.ROWS).steps
        steps = np.union1d(steps, own[(own >= low) & (own <= high)])
        # Sources not loaded yet begin here, so only steps before are complete.
        is_last = place + 1 == len(by_step)
        whole = steps if is_last else steps[steps < by_step[place + 1].min_step]
        if len(whole) > limit:
            break
    loaded.sort(key=lambda source: source.order)
    return [source.load(Kind.ROWS) for source in loaded], whole


def _merge(
    rows: dict[int, StepRow], block: Block, names: Collection[str] | None, bools: set[str]
) -> None:
    """Take a block's rows in: what arrived later replaces."""
    steps, times = block.steps.tolist(), block.times.tolist()
    for step, time in zip(steps, times, strict=True):
        if step in rows:
            rows[step].time = time
        else:
            rows[step] = StepRow(step, time)
    for name, place, value in _values(block, names, bools):
        rows[steps[place]].values[name] = value


def _values(
    block: Block, names: Collection[str] | None, bools: set[str]
) -> Iterator[tuple[str, int, Any]]:
    """Yield key, row and value; an object after the number of the same row, since it is the exact one."""
    for name, column in block.columns.items():
        if names is None or name in names:
            places = range(len(block)) if column.rows is None else column.rows.tolist()
            values = column.parts[Part.VALUE].tolist()
            for place, value in zip(places, values, strict=True):
                yield name, place, bool(value) if name in bools else value
    for name, objects in block.objects.items():
        if names is None or name in names:
            for place, text in zip(objects.rows.tolist(), objects.texts, strict=True):
                yield name, place, unpack_object(text)


def iterate_blocks(run_id: int) -> Iterator[tuple[int, Block]]:
    """Yield every row of a run, also those that were replaced: its streams' blocks in the order of arrival."""
    with sql.snapshot():
        for source in sorted(_sources(run_id), key=lambda source: source.order):
            yield source.order[0], source.load(Kind.ROWS)
            source.block = None
