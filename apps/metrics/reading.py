"""The lines of runs: for each run and key its points in order, from the coarsest level that is fine enough.

Sealed rows are read by slices of their tiles, waiting ones from their batches. Where the steps of a key are not
in order all over, every point is read and the later row of each step wins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from apps.metrics import keys, levels, sql, wire
from apps.metrics.blocks import Block, gather
from apps.metrics.lines import (
    Layouts,
    Line,
    Piece,
    Pieces,
    WaitingPiece,
    Window,
    bucket_line,
    parts_of,
    point_line,
)
from apps.metrics.models import Kind
from apps.metrics.tile_reader import COUNTED, Contents, Tile, TileReader, list_tiles


@dataclass(slots=True)
class _View:
    """What there is of a run: its tiles, its waiting rows by stream, and the numbers of the wanted keys."""

    tiles: list[Tile]
    waiting: dict[int, Block]
    numbers: Mapping[str, int]
    window: Window
    layouts: Layouts = field(default_factory=dict)
    is_in_order: dict[int, bool] = field(default_factory=dict)


def read_lines(
    runs: Mapping[int, int], names: Sequence[str], kind: int, windows: Mapping[int, Window]
) -> dict[tuple[int, str], Line]:
    """Return the lines of those of `names` that the runs (run → project) have in their windows.

    To be called within one sql.snapshot().
    """
    numbers = {project: keys.find(project, names) for project in set(runs.values())}
    tiles = list_tiles(runs, kind)
    waiting = read_waiting_blocks(runs, kind, names)
    views = {
        run: _View(tiles[run], waiting.get(run, {}), numbers[project], windows[run])
        for run, project in runs.items()
    }
    reader = TileReader()
    lines: dict[tuple[int, str], Line] = {}
    todo: dict[int, dict[int, list[str]]] = {}  # level → run → keys
    for run, view in views.items():
        todo.setdefault(_coarsest(view), {})[run] = list(names)
    for level in range(levels.TOP, -1, -1):
        wanted = todo.pop(level, {})
        if level:
            wanted = _put_off_too_coarse(reader, views, wanted, level, todo, kind)
        lines |= _read_at(reader, views, wanted, level, kind)
    return lines


def read_waiting_blocks(
    runs: Collection[int], kind: int, names: Collection[str] | None
) -> dict[int, dict[int, Block]]:
    """Return the rows that are in no tile yet: run → stream → block, of some keys or all."""
    pieces: dict[tuple[int, int], list[tuple[int, dict[str, Any]]]] = {}
    ids = sorted(runs)
    for start in range(0, len(ids), 2000):
        rows = sql.fetch(
            "SELECT run_id, stream_id, first_row, payload FROM metrics_batch "
            "WHERE run_id IN (VALUES {numbers}) ORDER BY stream_id, first_offset",
            numbers=[(run,) for run in ids[start : start + 2000]],
        )
        for run, stream, first_row, payload in rows:
            for name, first, record in wire.unpack_batch(bytes(payload)):
                if wire.KIND_CODES[name] == kind:
                    pieces.setdefault((run, stream), []).append((first_row + first, record))
    blocks: dict[int, dict[int, Block]] = {}
    for (run, stream), found in pieces.items():
        blocks.setdefault(run, {})[stream] = gather(found, names)
    return blocks


def _coarsest(view: _View) -> int:
    """Return the level to begin with: the coarsest that has as many buckets as are wanted."""
    window = view.window
    if window.is_whole:
        return 0
    rows = sum(tile.rows * window.share_of(tile) for tile in view.tiles if tile.level == 0)
    best = max((tile.level for tile in view.tiles), default=0)
    while best and rows < window.buckets * levels.WIDTH**best:
        best -= 1
    return best


def _plan(view: _View, level: int) -> list[tuple[Tile, int]]:
    """Return the tiles to read and the first row to take of each.

    Those of `level` as far as they reach, then those of the next finer level, and so on.
    """
    plan: list[tuple[Tile, int]] = []
    reached: dict[int, int] = {}
    for finer in range(level, -1, -1):
        before = dict(reached)
        for tile in view.tiles:
            first = before.get(tile.stream_id, -1) + 1
            if tile.level == finer and tile.last_row >= first:
                reached[tile.stream_id] = max(tile.last_row, reached.get(tile.stream_id, -1))
                if view.window.overlaps(tile):
                    plan.append((tile, first))
    return plan


def _put_off_too_coarse(
    reader: TileReader,
    views: Mapping[int, _View],
    wanted: Mapping[int, list[str]],
    level: int,
    todo: dict[int, dict[int, list[str]]],
    kind: int,
) -> dict[int, list[str]]:
    """Leave the keys for which `level` will do; put the others into `todo` at a finer level.

    A key that few rows have needs a finer level than its run's number of rows suggests. One whose steps
    are out of order needs every point.
    """
    kept: dict[int, list[str]] = {}
    for run, names in wanted.items():
        view = views[run]
        plan = _plan(view, level)
        found = reader.find([tile.tile_id for tile, _ in plan], _numbers(view, names), COUNTED)
        for name in names:
            having = [
                tile
                for tile, _ in plan
                if name in view.numbers and found[tile.tile_id].count(view.numbers[name])
            ]
            count = sum(found[t.tile_id].count(view.numbers[name]) for t in having)
            if count < view.window.buckets:
                todo.setdefault(level - 1, {}).setdefault(run, []).append(name)
            elif kind == Kind.ROWS and not _steps_ascend(view, name, having):
                todo.setdefault(0, {}).setdefault(run, []).append(name)
            else:
                kept.setdefault(run, []).append(name)
    return kept


def _steps_ascend(view: _View, name: str, tiles: Sequence[Tile]) -> bool:
    """Tell whether the rows that have a key come in the order of their steps, each step once."""
    ranges: dict[int, tuple[int, int]] = {}
    for tile in tiles:
        low, high = ranges.get(tile.stream_id, (tile.min_step, tile.max_step))
        ranges[tile.stream_id] = min(low, tile.min_step), max(high, tile.max_step)
    for stream, block in view.waiting.items():
        if name in block.columns:
            first, last = int(block.steps.min()), int(block.steps.max())
            low, high = ranges.get(stream, (first, last))
            ranges[stream] = min(low, first), max(high, last)
    if not all(_is_in_order(view, stream) for stream in ranges):
        return False
    spans = sorted(ranges.values())
    return all(before[1] < after[0] for before, after in pairwise(spans))


def _is_in_order(view: _View, stream: int) -> bool:
    """Tell whether all rows of a stream come in the order of their steps."""
    if stream not in view.is_in_order:
        rows = [tile for tile in view.tiles if tile.level == 0 and tile.stream_id == stream]
        ascends = all(tile.is_ordered for tile in rows) and all(
            before.max_step < after.min_step for before, after in pairwise(rows)
        )
        block = view.waiting.get(stream)
        if ascends and block is not None:
            steps = block.steps
            last = rows[-1].max_step if rows else steps[0] - 1
            ascends = bool(steps[0] > last and (steps[1:] > steps[:-1]).all())
        view.is_in_order[stream] = ascends
    return view.is_in_order[stream]


def _read_at(
    reader: TileReader,
    views: Mapping[int, _View],
    wanted: Mapping[int, list[str]],
    level: int,
    kind: int,
) -> dict[tuple[int, str], Line]:
    """Read the lines of the wanted runs and keys from one level."""
    plans = {run: _plan(views[run], level) for run in wanted}
    numbers = {n for run, names in wanted.items() for n in _numbers(views[run], names)}
    axes = {view.window.axis for view in views.values()}
    contents = reader.find(
        [tile.tile_id for plan in plans.values() for tile, _ in plan],
        numbers,
        parts_of(level, axes),
    )
    reader.fetch(contents)
    lines = {}
    for run, names in wanted.items():
        view = views[run]
        for name in names:
            pieces = _pieces(view, name, plans[run], contents)
            if not pieces:
                continue
            if level:
                line = bucket_line(pieces, view.window, level)
            else:
                line = point_line(pieces, view.window, view.layouts, replaces=kind == Kind.ROWS)
            if line.total:
                lines[run, name] = line
    return lines


def _pieces(
    view: _View, name: str, plan: Sequence[tuple[Tile, int]], contents: Mapping[int, Contents]
) -> Pieces:
    """Return everything that holds a key, sealed or waiting."""
    number = view.numbers.get(name, -1)
    sealed = [Piece(tile, first, contents[tile.tile_id], number) for tile, first in plan]
    return [piece for piece in sealed if piece.is_there] + [
        WaitingPiece(stream, block, block.columns[name])
        for stream, block in view.waiting.items()
        if name in block.columns
    ]


def _numbers(view: _View, names: Sequence[str]) -> set[int]:
    return {view.numbers[name] for name in names if name in view.numbers}
