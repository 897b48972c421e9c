"""One line from the pieces of its tiles and waiting rows: point by point, or from the buckets of a level."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.metrics.blocks import Block, Column, Numbers, Part
from apps.metrics.codec import Floats, Ints
from apps.metrics.tile_reader import Contents, Tile
from apps.metrics.tiles import SHARED

_ROW_PARTS = frozenset({Part.NUMBER, Part.STEP, Part.ROWS, Part.VALUE})
_BUCKET_PARTS = frozenset(
    {Part.MIN, Part.MAX, Part.MEAN, Part.FIRST, Part.LAST, Part.COUNT, Part.ODD}
)
_AXIS_PARTS = {
    "step": frozenset(
        {Part.STEP, Part.LAST_STEP, Part.OWN_STEP, Part.OWN_LAST_STEP, Part.MIN_STEP, Part.MAX_STEP}
    ),
    "time": frozenset(
        {Part.TIME, Part.LAST_TIME, Part.OWN_TIME, Part.OWN_LAST_TIME, Part.MIN_TIME, Part.MAX_TIME}
    ),
}

# Of keys that are in the same rows: their common x, and which of the values belong to it.
Layout = tuple[Floats, "Ints | slice"]
Layouts = dict[Any, Layout]


@dataclass(slots=True)
class Line:
    """The points of one key of one run, sorted by x; at a level, those that stand out of each bucket."""

    x: Floats
    y: Floats
    total: int
    odd: int  # NaN and infinities among `total`
    level: int = 0
    # Where each bucket ends, its mean, and how many finite values it has; of points, themselves.
    ends: Floats | None = None
    means: Floats | None = None
    weights: Floats | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a run's lines is wanted, and how finely."""

    axis: str  # "step" or "time"
    low: float = -np.inf
    high: float = np.inf
    buckets: int = 1000  # so many draw the same picture as all points
    is_whole: bool = False  # every point, however many

    def extent(self, tile: Tile) -> tuple[float, float]:
        """Return a tile's least and greatest x."""
        if self.axis == "step":
            return tile.min_step, tile.max_step
        return tile.min_time, tile.max_time

    def overlaps(self, tile: Tile) -> bool:
        low, high = self.extent(tile)
        return low <= self.high and high >= self.low

    def share_of(self, tile: Tile) -> float:
        """Return about which part of a tile's rows is within."""
        low, high = self.extent(tile)
        if high <= low:
            return 1.0 if self.overlaps(tile) else 0.0
        return max(0.0, (min(high, self.high) - max(low, self.low)) / (high - low))


@dataclass(slots=True)
class Piece:
    """What a tile holds of one key, from its row number `first` on."""

    tile: Tile
    first: int
    contents: Contents
    key: int

    @property
    def is_there(self) -> bool:
        return self.contents.count(self.key) > 0

    @property
    def order(self) -> tuple[int, int]:
        """What pieces are sorted by, so that what arrived later comes later."""
        return self.tile.stream_id, self.tile.first_row

    @property
    def mark(self) -> tuple[Any, ...]:
        """Tell which rows of the tile have the key, by where that is stored."""
        place = self.contents.places.get((self.key, Part.ROWS))
        return self.tile.tile_id, self.first, -1 if place is None else place[0]

    def steps(self) -> Numbers:
        return self.shared(Part.STEP)

    def times(self) -> Numbers:
        return self.shared(Part.TIME)

    def values(self) -> Numbers:
        return self.own(Part.VALUE)

    def shared(self, part: Part) -> Numbers:
        """Return an array of all keys, for the rows or buckets that have this one."""
        values: Numbers = self.contents.read(SHARED, part)
        if self.contents.has(self.key, Part.ROWS):
            values = values[self.contents.read(self.key, Part.ROWS)]
        return self._from_first(values)

    def own(self, part: Part) -> Numbers:
        return self._from_first(self.contents.read(self.key, part))

    def own_or_shared(self, own: Part, shared: Part) -> Numbers:
        return self.own(own) if self.contents.has(self.key, own) else self.shared(shared)

    def _from_first(self, values: Numbers) -> Numbers:
        if self.tile.first_row >= self.first:
            return values
        numbers = self.contents.read(SHARED, Part.NUMBER)
        if self.contents.has(self.key, Part.ROWS):
            numbers = numbers[self.contents.read(self.key, Part.ROWS)]
        kept: Numbers = values[numbers >= self.first]
        return kept


@dataclass(slots=True)
class WaitingPiece:
    """What the waiting rows of a stream hold of one key."""

    stream_id: int
    block: Block
    column: Column

    @property
    def order(self) -> tuple[int, int]:
        return self.stream_id, int(self.block.numbers[0])

    @property
    def mark(self) -> tuple[Any, ...]:
        rows = self.column.rows
        return self.stream_id, None if rows is None else rows.tobytes()

    def steps(self) -> Numbers:
        return self._of_rows(self.block.steps)

    def times(self) -> Numbers:
        return self._of_rows(self.block.times)

    def values(self) -> Numbers:
        return self.column.parts[Part.VALUE]

    def _of_rows(self, values: Numbers) -> Numbers:
        return values if self.column.rows is None else values[self.column.rows]


Pieces = Sequence[Piece | WaitingPiece]


def parts_of(level: int, axes: Collection[str]) -> frozenset[Part]:
    """Return the parts that lines on these axes are made of, from this level down to the rows."""
    parts = _ROW_PARTS.union(*[_AXIS_PARTS[axis] for axis in axes])
    return parts | _BUCKET_PARTS if level else parts


def point_line(pieces: Pieces, window: Window, layouts: Layouts, *, replaces: bool) -> Line:
    """Return all points within the window. `replaces`: of rows with the same step, the last one counts."""
    ordered = sorted(pieces, key=lambda piece: piece.order)
    mark = tuple(piece.mark for piece in ordered)
    layout = layouts.get(mark)
    if layout is None:
        layout = layouts[mark] = _lay_out(ordered, window, replaces)
    x, chosen = layout
    y: Floats = _joined([piece.values() for piece in ordered])[chosen]
    return Line(x, y, len(y), int(len(y) - np.count_nonzero(np.isfinite(y))))


def _lay_out(pieces: Pieces, window: Window, replaces: bool) -> Layout:
    """Return the sorted x within the window, and which values belong to it."""
    is_step = window.axis == "step"
    x = _joined([piece.steps() if is_step else piece.times() for piece in pieces])
    order = None
    is_sorted = False
    if replaces:
        steps = x if is_step else _joined([piece.steps() for piece in pieces])
        if not (is_sorted := bool((steps[1:] > steps[:-1]).all())):
            order = np.argsort(steps, kind="stable")
            ascending = steps[order]
            order = order[np.append(ascending[1:] != ascending[:-1], True)]
            x = x[order]
    if not (is_sorted and is_step) and not (x[1:] >= x[:-1]).all():
        by_x = np.argsort(x, kind="stable")
        x, order = x[by_x], by_x if order is None else order[by_x]
    low = 0 if window.low == -np.inf else int(x.searchsorted(window.low, "left"))
    high = len(x) if window.high == np.inf else int(x.searchsorted(window.high, "right"))
    within = slice(low, high)
    return x[within].astype(np.float64), within if order is None else order[within]


def _joined(arrays: list[Numbers]) -> Numbers:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def bucket_line(pieces: Pieces, window: Window, level: int) -> Line:
    """Return the first, least, greatest and last point of each bucket, and all points that are in none."""
    gathered = _Buckets(window)
    for piece in pieces:
        if isinstance(piece, Piece) and piece.tile.level:
            gathered.add_buckets(piece)
        else:
            x = piece.steps() if window.axis == "step" else piece.times()
            gathered.add_points(x, piece.values())
    return gathered.line(level)


class _Buckets:
    """Points and buckets of one line, gathered from its pieces."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.x: list[Floats] = []
        self.y: list[Floats] = []
        self.buckets: list[tuple[Floats, Floats, Floats]] = []  # ends, means, weights
        self.total = self.odd = 0

    def add_points(self, x: Any, y: Floats) -> None:
        inside = (x >= self.window.low) & (x <= self.window.high)
        x, y = x[inside].astype(np.float64), y[inside]
        finite = np.isfinite(y)
        self.x.append(x)
        self.y.append(y)
        self.buckets.append((x, np.where(finite, y, 0.0), finite.astype(np.float64)))
        self.total += len(y)
        self.odd += int(len(y) - finite.sum())

    def add_buckets(self, piece: Piece) -> None:
        if self.window.axis == "step":
            first = piece.own_or_shared(Part.OWN_STEP, Part.STEP)
            last = piece.own_or_shared(Part.OWN_LAST_STEP, Part.LAST_STEP)
            lowest, highest = piece.own(Part.MIN_STEP), piece.own(Part.MAX_STEP)
        else:
            first = piece.own_or_shared(Part.OWN_TIME, Part.TIME)
            last = piece.own_or_shared(Part.OWN_LAST_TIME, Part.LAST_TIME)
            lowest, highest = piece.own(Part.MIN_TIME), piece.own(Part.MAX_TIME)
        for x, part in (
            *((first, Part.FIRST), (lowest, Part.MIN)),
            *((highest, Part.MAX), (last, Part.LAST)),
        ):
            inside = (x >= self.window.low) & (x <= self.window.high)
            self.x.append(x[inside].astype(np.float64))
            self.y.append(piece.own(part)[inside])
        counts, odd = piece.own(Part.COUNT), piece.own(Part.ODD)
        # Buckets that lie across an edge of the window count as a whole.
        touched = (last >= self.window.low) & (first <= self.window.high)
        weights = (counts - odd)[touched].astype(np.float64)
        means = np.nan_to_num(piece.own(Part.MEAN)[touched])
        self.buckets.append((last[touched].astype(np.float64), means, weights))
        self.total += int(counts[touched].sum())
        self.odd += int(odd[touched].sum())

    def line(self, level: int) -> Line:
        x, y = np.concatenate(self.x), np.concatenate(self.y)
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
        # A bucket's least point may be its first too.
        new = np.append(True, (x[1:] != x[:-1]) | (y[1:] != y[:-1]))[: len(x)]
        ends, means, weights = (
            np.concatenate(arrays) for arrays in zip(*self.buckets, strict=True)
        )
        order = np.argsort(ends, kind="stable")
        return Line(
            *(x[new], y[new], self.total, self.odd, level),
            *(ends[order], means[order], weights[order]),
        )
