"""A block as one database row: a directory, and a payload in which each column stands by itself.

A reader takes the directory, then the bytes of the columns it wants. Keys are interned (`MetricKey`): the
directory holds their numbers, 0 for what all keys of the tile share.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.metrics import codec
from apps.metrics.blocks import Block, Column, Numbers, Objects, Part

SHARED = 0
ENTRY = np.dtype(
    [
        ("key", "<u4"),
        ("offset", "<u4"),
        ("length", "<u4"),
        ("count", "<u4"),
        ("part", "u1"),
        ("encoding", "u1"),
    ]
)
Entries = NDArray[np.void]
Encoder = Callable[[Any], tuple[int, bytes]]
Decoder = Callable[[int, bytes, int], Any]

_INTS: tuple[Encoder, Decoder] = (codec.encode_ints, codec.decode_ints)
_FLOATS: tuple[Encoder, Decoder] = (codec.encode_floats, codec.decode_floats)
_TIMES: tuple[Encoder, Decoder] = (codec.encode_times, codec.decode_times)
_CODECS: dict[Part, tuple[Encoder, Decoder]] = {
    Part.NUMBER: _INTS,
    Part.STEP: _INTS,
    Part.TIME: _TIMES,
    Part.SPAN: _INTS,
    Part.LAST_STEP: _INTS,
    Part.LAST_TIME: _TIMES,
    Part.LAST_NUMBER: _INTS,
    Part.ROWS: _INTS,
    Part.VALUE: _FLOATS,
    Part.OBJECT_ROWS: _INTS,
    Part.OBJECTS: (codec.encode_texts, codec.decode_texts),
    Part.MIN: _FLOATS,
    Part.MAX: _FLOATS,
    Part.MEAN: _FLOATS,
    Part.FIRST: _FLOATS,
    Part.LAST: _FLOATS,
    Part.COUNT: _INTS,
    Part.ODD: _INTS,
    Part.MIN_STEP: _INTS,
    Part.MAX_STEP: _INTS,
    Part.MIN_TIME: _TIMES,
    Part.MAX_TIME: _TIMES,
    Part.OWN_STEP: _INTS,
    Part.OWN_TIME: _TIMES,
    Part.OWN_LAST_STEP: _INTS,
    Part.OWN_LAST_TIME: _TIMES,
}


@dataclass(slots=True)
class Sealed:
    """What a tile's row says of its block."""

    first_row: int
    last_row: int
    rows: int
    min_step: int
    max_step: int
    min_time: float
    max_time: float
    is_ordered: bool  # steps strictly ascending
    directory: bytes
    payload: bytes


class _Writer:
    def __init__(self) -> None:
        self.entries: list[tuple[int, int, int, int, int, int]] = []
        self.chunks: list[bytes] = []
        self.offset = 0
        self.known_rows: dict[bytes, tuple[int, int, int]] = {}

    def add(self, key: int, part: Part, values: Any) -> None:
        encoding, data = _CODECS[part][0](values)
        self.entries.append((key, self.offset, len(data), len(values), part, encoding))
        self.chunks.append(data)
        self.offset += len(data)

    def add_rows(self, key: int, part: Part, rows: codec.Ints) -> None:
        """Store which rows a key is in; keys that are logged together share one copy."""
        mark = rows.tobytes()
        if mark in self.known_rows:
            offset, length, encoding = self.known_rows[mark]
            self.entries.append((key, offset, length, len(rows), part, encoding))
            return
        self.add(key, part, rows)
        _, offset, length, _, _, encoding = self.entries[-1]
        self.known_rows[mark] = (offset, length, encoding)


def encode(block: Block, ids: Mapping[str, int]) -> Sealed:
    """Make a tile of a block with at least one row; keys without a number in `ids` are left out."""
    writer = _Writer()
    # Steps first: most reads want them and one key.
    for part in sorted(
        block.shared, key=lambda part: (part not in (Part.STEP, Part.LAST_STEP), part)
    ):
        writer.add(SHARED, part, block.shared[part])
    for name in sorted(block.columns):
        if name not in ids:
            continue
        column = block.columns[name]
        if column.rows is not None:
            writer.add_rows(ids[name], Part.ROWS, column.rows)
        for part, values in column.parts.items():
            writer.add(ids[name], part, values)
    for name in sorted(block.objects):
        if name in ids:
            writer.add_rows(ids[name], Part.OBJECT_ROWS, block.objects[name].rows)
            writer.add(ids[name], Part.OBJECTS, block.objects[name].texts)
    steps, times = block.steps, block.times
    last_steps = block.shared.get(Part.LAST_STEP, steps)
    last_times = block.shared.get(Part.LAST_TIME, times)
    return Sealed(
        first_row=int(block.numbers[0]),
        last_row=int(block.shared.get(Part.LAST_NUMBER, block.numbers)[-1]),
        rows=len(block),
        min_step=int(min(steps.min(), last_steps.min())),
        max_step=int(max(steps.max(), last_steps.max())),
        min_time=float(min(times.min(), last_times.min())),
        max_time=float(max(times.max(), last_times.max())),
        is_ordered=bool((steps[1:] > steps[:-1]).all()),
        directory=np.array(writer.entries, ENTRY).tobytes(),
        payload=b"".join(writer.chunks),
    )


def read_directories(directories: Sequence[bytes]) -> tuple[Entries, NDArray[np.int64]]:
    """Return the entries of many directories as one array, and the index of the directory of each."""
    sizes = np.fromiter(map(len, directories), np.int64, len(directories)) // ENTRY.itemsize
    entries = np.frombuffer(b"".join(directories), ENTRY)
    return entries, np.repeat(np.arange(len(directories)), sizes)


def decode_part(part: int, encoding: int, count: int, data: bytes) -> Any:
    """Return one array (a list of texts for OBJECTS) from its bytes."""
    return _CODECS[Part(part)][1](encoding, data, count)


def decode(
    directory: bytes,
    payload: bytes,
    names: Mapping[int, str],
    keys: Collection[str] | None = None,
) -> Block:
    """Return a tile's block, with all keys that `names` knows or with those in `keys` only."""
    block = Block({})
    rows: dict[int, Numbers] = {}
    for key, offset, length, count, part_number, encoding in np.frombuffer(
        directory, ENTRY
    ).tolist():
        part = Part(part_number)
        if key != SHARED and (key not in names or (keys is not None and names[key] not in keys)):
            continue
        values = decode_part(part, encoding, count, payload[offset : offset + length])
        if key == SHARED:
            block.shared[part] = values
        elif part in (Part.ROWS, Part.OBJECT_ROWS):
            rows[key] = values
            if part == Part.ROWS:
                block.columns[names[key]] = Column({}, values)
        elif part == Part.OBJECTS:
            block.objects[names[key]] = Objects(rows[key], values)
        else:
            block.columns.setdefault(names[key], Column({})).parts[part] = values
    return block
