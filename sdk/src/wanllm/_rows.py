"""Rows of log() calls become `rows` records: raw columns for numbers, `objects` for the rest."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from wanllm._msgpack import Raw, pack
from wanllm._notice import warn_once
from wanllm._values import TOO_LARGE, Unloggable, is_too_large, plain

Row = tuple[int, float, dict[str, Any]]

MAX_ROWS = 4096
MAX_CELLS = 65_536
MAX_KEYS_IN_ROW = 20_000  # a wider row becomes several of the same step, which readers merge
MAX_KEY_BYTES = 512
MAX_OBJECT_BYTES = 4 << 20  # of one record; far below the server's 32 MiB a request
_EXACT = 1 << 53


class _Column:
    """The values of one key: positions in the record, numbers, and what is no number."""

    __slots__ = ("numbers", "objects", "rows")

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.numbers: list[float] = []
        self.objects: list[tuple[int, Raw]] = []

    def extend(self, name: str, first: int, values: Sequence[Any]) -> None:
        kinds = set(map(type, values))
        if kinds == {float} or (kinds <= {float, int} and _all_exact(values)):
            self.rows.extend(range(first, first + len(values)))
            self.numbers.extend(values)
            return
        for row, value in enumerate(values, first):
            self._add(name, row, value)

    def _add(self, name: str, row: int, value: Any) -> None:
        try:
            value = plain(value)
            if isinstance(value, float):
                self._add_number(row, value)
            elif isinstance(value, int) and not isinstance(value, bool):
                self._add_int(row, value)
            else:
                self._add_object(name, row, value)
        except Unloggable as reason:
            warn_once(f"value:{name}", f'the value of "{name}" {reason}.')
        except Exception as error:  # noqa: BLE001 - a tensor of any library may fail in its own way
            warn_once(f"value:{name}", f'the value of "{name}" could not be read: {error!r}')

    def _add_number(self, row: int, value: float) -> None:
        self.rows.append(row)
        self.numbers.append(value)

    def _add_int(self, row: int, value: int) -> None:
        """Keep integers that a float cannot hold a second time, exactly."""
        if abs(value) > _EXACT:
            self.objects.append((row, Raw(pack(value))))
        try:
            self._add_number(row, float(value))
        except OverflowError:
            return  # beyond 1e308 only the exact text is kept

    def _add_object(self, name: str, row: int, value: Any) -> None:
        if is_too_large(value):
            raise Unloggable(TOO_LARGE)
        self.objects.append((row, Raw(pack(value))))


def _all_exact(values: Sequence[Any]) -> bool:
    """Tell whether every value survives as a float; NaN compares false, hence the two halves."""
    return not any(value > _EXACT or value < -_EXACT for value in values if type(value) is int)


def encode_rows(rows: Sequence[Row], kind: str = "rows") -> Iterator[bytes]:
    """Yield packed records that hold `rows` in order, each of moderate size."""
    narrow: list[Row] = []
    cells = objects_bytes = 0
    for row in _split_wide(rows):
        weight = _object_bytes(row[2])
        full = len(narrow) >= MAX_ROWS or cells + len(row[2]) > MAX_CELLS
        if narrow and (full or objects_bytes + weight > MAX_OBJECT_BYTES):
            yield _encode(narrow, kind)
            narrow, cells, objects_bytes = [], 0, 0
        narrow.append(row)
        cells += len(row[2])
        objects_bytes += weight
    if narrow:
        yield _encode(narrow, kind)


def _split_wide(rows: Sequence[Row]) -> Iterator[Row]:
    for step, time, data in rows:
        if len(data) <= MAX_KEYS_IN_ROW:
            yield step, time, data
            continue
        items = list(data.items())
        for start in range(0, len(items), MAX_KEYS_IN_ROW):
            yield step, time, dict(items[start : start + MAX_KEYS_IN_ROW])


def _object_bytes(data: dict[str, Any]) -> int:
    """Return roughly what the long values of a row weigh; numbers are counted as cells."""
    weight = 0
    for value in data.values():
        if isinstance(value, (str, list, dict)):
            weight += 8 * len(value)
        elif isinstance(getattr(value, "nbytes", None), int):
            weight += 9 * value.nbytes  # an item takes a byte at least, and 9 as a packed float
    return weight


def _encode(rows: Sequence[Row], kind: str) -> bytes:
    columns: dict[str, _Column] = {}
    for first, block in _same_keys(rows):
        names = list(block[0][2])
        for name, values in zip(names, zip(*[row[2].values() for row in block])):
            column = columns.get(name)
            if column is None:
                if not _is_key(name):
                    continue
                column = columns[name] = _Column()
            column.extend(name, first, values)
    record: dict[str, Any] = {
        "kind": kind,
        "steps": _steps([row[0] for row in rows]),
        "times": _little("d", [row[1] for row in rows]),
        "columns": {n: _column(c, len(rows)) for n, c in columns.items() if c.rows},
    }
    objects = {n: c.objects for n, c in columns.items() if c.objects}
    if objects:
        record["objects"] = objects
    return pack(record)


def _same_keys(rows: Sequence[Row]) -> Iterator[tuple[int, Sequence[Row]]]:
    """Yield (position, neighbours with the same keys in the same order)."""
    start = 0
    keys = list(rows[0][2])
    for position, row in enumerate(rows):
        current = list(row[2])
        if current != keys:
            yield start, rows[start:position]
            start, keys = position, current
    yield start, rows[start:]


def _is_key(name: str) -> bool:
    if "\0" in name or not name:
        warn_once(
            "key:nul", f"a metric name may not be empty or hold NUL: {name[:80]!r} was left out."
        )
        return False
    if len(name) * 4 > MAX_KEY_BYTES and len(name.encode("utf-8", "replace")) > MAX_KEY_BYTES:
        warn_once(
            f"key:{name[:80]}",
            f'the metric name "{name[:80]}…" exceeds {MAX_KEY_BYTES} bytes and was left out.',
        )
        return False
    return True


def _column(column: _Column, count: int) -> Any:
    values = _little("d", column.numbers)
    if len(column.rows) == count:
        return values
    return {"rows": _little("I", column.rows), "values": values}


def _steps(steps: list[int]) -> Any:
    first, count = steps[0], len(steps)
    if steps == list(range(first, first + count)):
        return {"start": first, "stride": 1}
    return _little("q", steps)


def _little(code: str, values: Sequence[Any]) -> bytes:
    packed = array(code, values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()
