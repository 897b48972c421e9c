"""Putting blocks into tiles: small ones are merged as they come, full ones stay and make the level above.

As in a log-structured merge tree: once eight tiles of a size class stand at the end of a stream they become
one of the next class, so a point is written again three or four times however long its run lives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.metrics import keys, levels, sql, tiles
from apps.metrics.blocks import Block, concat, cut, keep
from apps.metrics.models import Kind

FULL_CELLS = 262_144
FULL_ROWS = 65_536
FULL_OBJECT_BYTES = 4 * 1024 * 1024
# How many tiles of one size class stand side by side before they are merged, and the least class's size.
FAN = 8
LEAST_BYTES = 4096
BYTES_PER_CELL = 3
# The console's columns are always these two.
CONSOLE_IDS = {"stream": 1, "text": 2}


@dataclass(slots=True)
class Shelf:
    """Changes of the tiles of one run, gathered; nothing is written before `write`."""

    run_id: int
    ids: dict[str, int]
    received_at: datetime
    inserts: list[tuple[Any, ...]] = field(default_factory=list)
    deletes: list[int] = field(default_factory=list)

    def put(self, stream_id: int, kind: int, level: int, block: Block) -> None:
        """Add rows behind those that the stream has at this level."""
        small = self._small(stream_id, kind, level)
        size = block.cells * BYTES_PER_CELL + block.object_bytes
        count = count_to_merge([row[1] for row in small], size)
        split = len(small) - count
        whole = concat([*self.take([row[0] for row in small[split:]], kind), block])
        if split and len(whole) >= rows_of_full(whole):
            # Full tiles stand before those that are not: the level above is made of them, in order.
            whole = concat([*self.take([row[0] for row in small[:split]], kind), whole])
        self._place(stream_id, kind, level, whole)

    def compact(self, stream_id: int, kind: int, level: int) -> None:
        """Make one of the tiles at the end of a stream that are not full."""
        small = self._small(stream_id, kind, level)
        if len(small) > 1:
            blocks = self.take([row[0] for row in small], kind)
            self._place(stream_id, kind, level, concat(blocks))

    def _small(self, stream_id: int, kind: int, level: int) -> list[tuple[Any, ...]]:
        return sql.fetch(
            "SELECT id, length(payload) FROM metrics_tile WHERE stream_id = %s AND kind = %s "
            "AND level = %s AND NOT is_full ORDER BY first_row",
            [stream_id, kind, level],
        )

    def take(self, tile_ids: list[int], kind: int) -> list[Block]:
        """Read tiles that are to be replaced."""
        self.deletes += tile_ids
        blocks = []
        for tile_id in tile_ids:
            names, block = read_tile(tile_id, kind)
            self.ids.update({name: number for number, name in names.items()})
            blocks.append(block)
        return blocks

    def _place(self, stream_id: int, kind: int, level: int, block: Block) -> None:
        size = rows_of_full(block)
        full = len(block) // size * size
        above = []
        for start in range(0, full, size):
            piece = cut(block, start, start + size)
            self.insert(stream_id, kind, level, piece, is_full=True)
            if kind != Kind.CONSOLE and level < levels.TOP:
                above.append(piece)
        if full < len(block):
            self.insert(stream_id, kind, level, cut(block, full, len(block)), is_full=False)
        if above:
            # After a truncation, rows that were taken up already may stand in a full tile once more.
            reach = self.reach(stream_id, kind, level + 1)
            new = [keep(piece, piece.numbers > reach) for piece in above]
            buckets = [levels.summarise(piece) for piece in new if len(piece)]
            if buckets:
                self.put(stream_id, kind, level + 1, concat(buckets))

    @staticmethod
    def reach(stream_id: int, kind: int, level: int) -> int:
        """Return the last row number that a level's tiles stand for; −1 if there are none."""
        ((last,),) = sql.fetch(
            "SELECT MAX(last_row) FROM metrics_tile WHERE stream_id = %s AND kind = %s "
            "AND level = %s",
            [stream_id, kind, level],
        )
        return -1 if last is None else int(last)

    def insert(self, stream_id: int, kind: int, level: int, block: Block, *, is_full: bool) -> None:
        """Add one tile."""
        sealed = tiles.encode(block, CONSOLE_IDS if kind == Kind.CONSOLE else self.ids)
        place = (self.run_id, stream_id, kind, level, sealed.first_row, sealed.last_row)
        extent = (sealed.min_step, sealed.max_step, sealed.min_time, sealed.max_time)
        flags = (sealed.is_ordered, is_full, sql.adapt(self.received_at))
        self.inserts.append(
            (*place, sealed.rows, *extent, *flags, sealed.directory, sealed.payload)
        )

    def write(self) -> None:
        """Write the changes, within the caller's transaction. Once only."""
        delete("metrics_tile", self.deletes)
        for row in self.inserts:
            sql.run(
                "INSERT INTO metrics_tile (run_id, stream_id, kind, level, first_row, last_row, "
                "rows, min_step, max_step, min_time, max_time, is_ordered, is_full, received_at, "
                "directory, payload) VALUES {rows}",
                rows=[row],
            )


def count_to_merge(sizes: list[int], size: int) -> int:
    """Return how many of the last tiles a new one of `size` bytes is merged with.

    Those of its size class or smaller, once they are eight with it; and so on with what comes of it.
    """
    merged, count = size, 0
    while True:
        alike = count
        while alike < len(sizes) and _class(sizes[-1 - alike]) <= _class(merged):
            alike += 1
        if alike - count + 1 < FAN:
            return count
        merged += sum(sizes[len(sizes) - alike : len(sizes) - count])
        count = alike


def _class(size: int) -> int:
    return int(math.log2(max(size, LEAST_BYTES) / LEAST_BYTES)) // 3


def rows_of_full(block: Block) -> int:
    """Return how many rows of this width make a full tile: whole buckets of the level above, if it can be."""
    rows = len(block)
    size = min(FULL_ROWS, math.ceil(FULL_CELLS * rows / max(block.cells, 1)))
    if block.object_bytes:
        size = min(size, math.ceil(FULL_OBJECT_BYTES * rows / block.object_bytes))
    return max(size // levels.WIDTH * levels.WIDTH, min(size, levels.WIDTH), 1)


def read_tile(tile_id: int, kind: int) -> tuple[dict[int, str], Block]:
    """Return the names of a tile's keys by their numbers, and its block."""
    ((directory, payload),) = sql.fetch(
        "SELECT directory, payload FROM metrics_tile WHERE id = %s", [tile_id]
    )
    entries, _ = tiles.read_directories([bytes(directory)])
    names = key_names(set(entries["key"].tolist()) - {tiles.SHARED}, kind)
    return names, tiles.decode(bytes(directory), bytes(payload), names)


def key_names(numbers: set[int], kind: int) -> dict[int, str]:
    """Return the names of the keys in a tile of this kind."""
    if kind == Kind.CONSOLE:
        return {number: name for name, number in CONSOLE_IDS.items()}
    return keys.names_of(numbers)


def delete(table: str, row_ids: list[int]) -> None:
    """Delete rows by their numbers."""
    for start in range(0, len(row_ids), 1000):
        chunk = [(row_id,) for row_id in row_ids[start : start + 1000]]
        sql.run(_DELETE[table], rows=chunk)


_DELETE = {
    "metrics_tile": "DELETE FROM metrics_tile WHERE id IN (VALUES {rows})",
    "metrics_batch": "DELETE FROM metrics_batch WHERE id IN (VALUES {rows})",
}
