"""Many rows × many keys in memory, as columns. What a tile holds, decoded.

A block of rows has one value a row and key. A block of buckets (a level) has the same form with other parts:
a row of it stands for many rows, and holds their least, greatest, first and last value and so on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.metrics.codec import Floats, Ints
from apps.metrics.values import Flag

Numbers = NDArray[Any]


class Part(IntEnum):
    """What an array of a block is. Stored in every directory: numbers are never reused."""

    # Of all keys together; of a bucket the least.
    NUMBER = 1  # the row's number in its stream
    STEP = 2
    TIME = 3
    # Of a bucket, of all keys together.
    SPAN = 4  # rows it stands for
    LAST_STEP = 5  # the greatest, as the next two
    LAST_TIME = 6
    LAST_NUMBER = 7
    # Of a key.
    ROWS = 10  # the rows that have a value, where not all have
    VALUE = 11
    OBJECT_ROWS = 12
    OBJECTS = 13
    # Of a key in a bucket. Finite values only, but for FIRST, LAST and COUNT.
    MIN = 20
    MAX = 21
    MEAN = 22
    FIRST = 23
    LAST = 24
    COUNT = 25
    ODD = 26  # how many of COUNT are NaN or infinite
    MIN_STEP = 27
    MAX_STEP = 28
    MIN_TIME = 29
    MAX_TIME = 30
    # Where a key is not in every row, its first and last value have steps of their own.
    OWN_STEP = 31
    OWN_TIME = 32
    OWN_LAST_STEP = 33
    OWN_LAST_TIME = 34


# What a missing own step or time is read from: the key is then in every row of the bucket.
OWN_PARTS = {
    Part.OWN_STEP: Part.STEP,
    Part.OWN_TIME: Part.TIME,
    Part.OWN_LAST_STEP: Part.LAST_STEP,
    Part.OWN_LAST_TIME: Part.LAST_TIME,
}


@dataclass(slots=True)
class Column:
    """The arrays of one key; `rows` are the block's rows they belong to, None for all."""

    parts: dict[Part, Numbers]
    rows: Ints | None = None

    @property
    def count(self) -> int:
        return len(next(iter(self.parts.values())))


@dataclass(slots=True)
class Objects:
    """The values of one key that are no numbers, as JSON text (plain text in the console)."""

    rows: Ints
    texts: list[bytes]


@dataclass(slots=True)
class Block:
    """Rows of one stream and kind, in the order of their arrival."""

    shared: dict[Part, Numbers]
    columns: dict[str, Column] = field(default_factory=dict)
    objects: dict[str, Objects] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.shared[Part.NUMBER])

    @property
    def steps(self) -> Ints:
        return self.shared[Part.STEP]

    @property
    def times(self) -> Floats:
        return self.shared[Part.TIME]

    @property
    def numbers(self) -> Ints:
        return self.shared[Part.NUMBER]

    @property
    def cells(self) -> int:
        """How many numbers it holds."""
        return sum(column.count * len(column.parts) for column in self.columns.values())

    @property
    def object_bytes(self) -> int:
        return sum(sum(map(len, column.texts)) for column in self.objects.values())

    def own(self, column: Column, part: Part) -> Numbers:
        """Return an own step or time of a key's buckets, taken from all keys' where it has none."""
        if part in column.parts:
            return column.parts[part]
        common = self.shared[OWN_PARTS[part]]
        return common if column.rows is None else common[column.rows]


def gather(
    pieces: Sequence[tuple[int, dict[str, Any]]], only: Collection[str] | None = None
) -> Block:
    """Build one block from stored records and the number of the first row of each, of all keys or some.

    The records are those of wire.py. Touches each key of each record once and each value in C.
    """
    base = 0
    found: dict[str, list[tuple[int, int, Any]]] = {}
    found_objects: dict[str, list[tuple[int, Any]]] = {}
    for _, record in pieces:
        count = record["n"]
        columns, objects = record["columns"], record["objects"]
        if only is not None:
            columns = {key: columns[key] for key in only if key in columns}
            objects = {}
        for key, column in columns.items():
            found.setdefault(key, []).append((base, count, column))
        for key, column in objects.items():
            found_objects.setdefault(key, []).append((base, column))
        base += count
    shared: dict[Part, Numbers] = {
        Part.NUMBER: _joined([np.arange(n, n + record["n"]) for n, record in pieces]),
        Part.STEP: _joined([steps_of(record) for _, record in pieces]),
        Part.TIME: np.frombuffer(b"".join([record["times"] for _, record in pieces]), np.float64),
    }
    return Block(
        shared,
        {key: _gather_column(parts, len(pieces)) for key, parts in found.items()},
        {key: _gather_objects(parts) for key, parts in found_objects.items()},
    )


def types_of(pieces: Sequence[tuple[int, dict[str, Any]]]) -> dict[str, int]:
    """Return the flags (records.Flag) of the keys that hold anything but plain numbers."""
    types: dict[str, int] = {}
    for _, record in pieces:
        for key, flags in record["types"].items():
            types[key] = types.get(key, 0) | flags
    for _, record in pieces:
        for key in types.keys() & (record["columns"].keys() - record["types"].keys()):
            types[key] |= Flag.NUMBER
    return types


def steps_of(record: dict[str, Any]) -> Ints:
    """Return the steps of a stored record."""
    steps = record["steps"]
    if isinstance(steps, bytes):
        return np.frombuffer(steps, np.int64)
    start, stride = np.int64(steps["start"]), np.int64(steps["stride"])
    return np.arange(record["n"], dtype=np.int64) * stride + start


def _joined(arrays: list[Ints]) -> Ints:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _gather_column(parts: list[tuple[int, int, Any]], records: int) -> Column:
    values = b"".join(
        [column if type(column) is bytes else column["values"] for _, _, column in parts]
    )
    numbers = {Part.VALUE: np.frombuffer(values, np.float64)}
    if len(parts) == records and all(type(column) is bytes for _, _, column in parts):
        return Column(numbers)
    rows = [
        np.arange(base, base + count)
        if type(column) is bytes
        else np.frombuffer(column["rows"], np.uint32).astype(np.int64) + base
        for base, count, column in parts
    ]
    return Column(numbers, _joined(rows))


def _gather_objects(parts: list[tuple[int, Any]]) -> Objects:
    rows = [np.asarray(rows, np.int64) + base for base, (rows, _) in parts]
    return Objects(_joined(rows), [text for _, (_, texts) in parts for text in texts])


def concat(blocks: Sequence[Block]) -> Block:
    """Put blocks one after another."""
    if len(blocks) == 1:
        return blocks[0]
    starts = np.cumsum([0, *map(len, blocks)]).tolist()
    shared = {
        part: np.concatenate([block.shared[part] for block in blocks]) for part in blocks[0].shared
    }
    columns = {
        key: _concat_columns(key, blocks, starts)
        for key in _union(block.columns for block in blocks)
    }
    objects = {}
    for key in _union(block.objects for block in blocks):
        having = [
            (start, b.objects[key])
            for start, b in zip(starts, blocks, strict=False)
            if key in b.objects
        ]
        objects[key] = Objects(
            np.concatenate([part.rows + start for start, part in having]),
            [text for _, part in having for text in part.texts],
        )
    return Block(shared, columns, objects)


def _union(mappings: Iterable[dict[str, Any]]) -> Iterable[str]:
    return dict.fromkeys(key for mapping in mappings for key in mapping)


def _concat_columns(key: str, blocks: Sequence[Block], starts: list[int]) -> Column:
    having = [
        (start, block, block.columns[key])
        for start, block in zip(starts, blocks, strict=False)
        if key in block.columns
    ]
    names = dict.fromkeys(part for _, _, column in having for part in column.parts)
    parts = {
        part: np.concatenate(
            [c.parts[part] if part in c.parts else block.own(c, part) for _, block, c in having]
        )
        for part in names
    }
    if len(having) == len(blocks) and all(column.rows is None for _, _, column in having):
        return Column(parts)
    rows = [
        np.arange(start, start + len(block)) if column.rows is None else column.rows + start
        for start, block, column in having
    ]
    return Column(parts, np.concatenate(rows))


def cut(block: Block, start: int, stop: int) -> Block:
    """Return the rows [start, stop) of a block."""
    if start == 0 and stop >= len(block):
        return block
    columns = {}
    for key, column in block.columns.items():
        if column.rows is None:
            part = {name: values[start:stop] for name, values in column.parts.items()}
            columns[key] = Column(part)
            continue
        low, high = np.searchsorted(column.rows, [start, stop])
        if low < high:
            part = {name: values[low:high] for name, values in column.parts.items()}
            columns[key] = Column(part, column.rows[low:high] - start)
    objects = {}
    for key, texts in block.objects.items():
        low, high = np.searchsorted(texts.rows, [start, stop])
        if low < high:
            objects[key] = Objects(texts.rows[low:high] - start, texts.texts[low:high])
    shared = {part: values[start:stop] for part, values in block.shared.items()}
    return Block(shared, columns, objects)


def keep(block: Block, mask: NDArray[np.bool_]) -> Block:
    """Return the rows of a block where `mask` is true."""
    if mask.all():
        return block
    places = np.cumsum(mask) - 1
    shared = {part: values[mask] for part, values in block.shared.items()}
    columns = {}
    for key, column in block.columns.items():
        kept = mask if column.rows is None else mask[column.rows]
        if kept.any():
            part = {name: values[kept] for name, values in column.parts.items()}
            columns[key] = Column(part, None if column.rows is None else places[column.rows[kept]])
    objects = {}
    for key, texts in block.objects.items():
        kept = mask[texts.rows]
        if kept.any():
            chosen = [
                text for text, wanted in zip(texts.texts, kept.tolist(), strict=True) if wanted
            ]
            objects[key] = Objects(places[texts.rows[kept]], chosen)
    return Block(shared, columns, objects)


def patterns(block: Block) -> list[tuple[list[str], Ints | None]]:
    """Group the keys that have values in the same rows, so that they can be worked on as one matrix."""
    groups: dict[bytes | None, tuple[list[str], Ints | None]] = {}
    for key, column in block.columns.items():
        mark = None if column.rows is None else column.rows.tobytes()
        groups.setdefault(mark, ([], column.rows))[0].append(key)
    return list(groups.values())
