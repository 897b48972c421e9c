"""Reading parts of tiles: what tiles there are, what is in them, and the bytes of the wanted columns only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from apps.metrics import sql, tiles
from apps.metrics.blocks import Part

# What tells how many rows of a tile a key is in.
COUNTED = frozenset({Part.VALUE, Part.COUNT})
# Columns closer than this are fetched in one piece.
GAP_BYTES = 16 * 1024
_CHUNK = 2000


class Tile(NamedTuple):
    """A tile without its blobs."""

    tile_id: int
    run_id: int
    stream_id: int
    level: int
    first_row: int
    last_row: int
    rows: int
    min_step: int
    max_step: int
    min_time: float
    max_time: float
    is_ordered: bool


# Of a column in a payload: offset, length, count, encoding.
Place = tuple[int, int, int, int]


@dataclass(slots=True)
class Contents:
    """What a reader wants of one tile: where it is, then its bytes, then its arrays."""

    places: dict[tuple[int, int], Place] = field(default_factory=dict)  # (key, part)
    starts: list[int] = field(default_factory=list)
    slices: list[bytes] = field(default_factory=list)
    decoded: dict[int, Any] = field(default_factory=dict)  # by offset: keys may share a column

    def has(self, key: int, part: Part) -> bool:
        return (key, part) in self.places

    def count(self, key: int) -> int:
        """Return how many rows or buckets of the tile have the key; it must have been found with COUNTED."""
        place = self.places.get((key, Part.VALUE)) or self.places.get((key, Part.COUNT))
        return 0 if place is None else place[2]

    def read(self, key: int, part: Part) -> Any:
        """Return an array of the tile; it must have been fetched."""
        offset, length, count, encoding = self.places[key, part]
        if offset not in self.decoded:
            index = bisect_right(self.starts, offset) - 1
            start = offset - self.starts[index]
            data = self.slices[index][start : start + length]
            self.decoded[offset] = tiles.decode_part(part, encoding, count, data)
        return self.decoded[offset]


def list_tiles(run_ids: Collection[int], kind: int) -> dict[int, list[Tile]]:
    """Return the tiles of runs, of all levels, by run; of a stream and level in the order of rows."""
    found: dict[int, list[Tile]] = {run_id: [] for run_id in run_ids}
    ids = sorted(found)
    for start in range(0, len(ids), _CHUNK):
        rows = sql.fetch(
            "SELECT id, run_id, stream_id, level, first_row, last_row, rows, min_step, max_step, "
            "min_time, max_time, is_ordered FROM metrics_tile WHERE run_id IN (VALUES {numbers}) "
            "AND kind = %s",
            [kind],
            numbers=[(run_id,) for run_id in ids[start : start + _CHUNK]],
        )
        for row in rows:
            found[row[1]].append(Tile._make(row))
    for listed in found.values():
        listed.sort(key=lambda tile: (tile.level, tile.stream_id, tile.first_row))
    return found


class TileReader:
    """Fetches directories, then slices, each once. Use within one snapshot."""

    def __init__(self) -> None:
        self._directories: dict[int, bytes] = {}

    def find(
        self, tile_ids: Iterable[int], keys: Collection[int], parts: Collection[Part]
    ) -> dict[int, Contents]:
        """Return where in each tile the wanted parts of the wanted keys are (and of what all keys share)."""
        wanted = list(dict.fromkeys(tile_ids))
        self._fetch_directories([tile for tile in wanted if tile not in self._directories])
        contents = {tile: Contents() for tile in wanted}
        if not wanted:
            return contents
        entries, owners = tiles.read_directories([self._directories[tile] for tile in wanted])
        numbers = np.array([tiles.SHARED, *keys], np.uint32)
        chosen = np.isin(entries["key"], numbers) & np.isin(
            entries["part"], np.array([int(part) for part in parts], np.uint8)
        )
        found = zip(owners[chosen].tolist(), entries[chosen].tolist(), strict=True)
        for owner, (key, offset, length, count, part, encoding) in found:
            contents[wanted[owner]].places[key, part] = (offset, length, count, encoding)
        return contents

    def _fetch_directories(self, tile_ids: Sequence[int]) -> None:
        for start in range(0, len(tile_ids), _CHUNK):
            rows = sql.fetch(
                "SELECT id, directory FROM metrics_tile WHERE id IN (VALUES {numbers})",
                numbers=[(tile_id,) for tile_id in tile_ids[start : start + _CHUNK]],
            )
            self._directories.update({tile_id: bytes(blob) for tile_id, blob in rows})

    def fetch(self, contents: dict[int, Contents]) -> None:
        """Fetch the bytes of all places."""
        wanted: list[tuple[int, int, int]] = []
        for tile_id, content in contents.items():
            for start, end in _joined(content.places.values()):
                content.starts.append(start)
                wanted.append((tile_id, start + 1, end - start))
        for first in range(0, len(wanted), _CHUNK):
            chunk = wanted[first : first + _CHUNK]
            rows = sql.fetch(
                "WITH wanted (place, id, start, size) AS (VALUES {numbers}) SELECT place, "
                "substr(payload, CAST(start AS integer), CAST(size AS integer)) "
                "FROM wanted JOIN metrics_tile ON metrics_tile.id = wanted.id",
                numbers=[(place, *row) for place, row in enumerate(chunk)],
            )
            # In the order of their places, which is the order of each tile's starts.
            for place, data in sorted(rows):
                contents[chunk[place][0]].slices.append(bytes(data))


def _joined(places: Iterable[Place]) -> list[tuple[int, int]]:
    """Return the ranges that cover all places, those with small gaps between them in one."""
    ranges: list[tuple[int, int]] = []
    for start, end in sorted({(offset, offset + length) for offset, length, _, _ in places}):
        if ranges and start - ranges[-1][1] <= GAP_BYTES:
            ranges[-1] = (ranges[-1][0], max(end, ranges[-1][1]))
        else:
            ranges.append((start, end))
    return ranges
