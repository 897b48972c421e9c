"""From one record of a stream request to what is stored, or the sentence that says why not.

Bulk data is checked by its structure: lengths, counts, the extremes of steps and times. No loop in Python
touches a value that came as bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from apps.metrics.values import (
    MAX_VALUE_BYTES,
    Flag,
    Refusal,
    check_key,
    check_step,
    flag_of,
    is_inexact,
    known_keys,
    pack_object,
    refuse_unknown,
    to_float,
)

LATEST_TIME = 253_402_300_800.0  # the year 10000
ODD_FLOATS = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
STREAM_CODES = {"stdout": 0.0, "stderr": 1.0}

Stored = dict[str, Any]


@dataclass(slots=True)
class Rows:
    """A record of rows, system samples or console lines, in the form that is stored."""

    kind: str
    stored: Stored
    rows: int
    points: int
    last_step: int


@dataclass(slots=True)
class _Draft:
    """The columns and objects of a record that is being read."""

    count: int
    columns: dict[str, Any] = field(default_factory=dict)
    objects: dict[str, tuple[list[int], list[bytes]]] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)


def parse_rows(kind: str, record: Mapping[str, Any]) -> Rows:
    """Read a record of kind `rows` or `system`; raise Refusal."""
    refuse_unknown(record, {"kind", "steps", "times", "columns", "objects"})
    times, steps, count, last_step = _read_axes(record.get("times"), record.get("steps"))
    draft = _Draft(count)
    _read_columns(draft, _mapping(record, "columns"))
    for key, pairs in _mapping(record, "objects").items():
        _read_objects(draft, check_key(key), pairs)
    sparse = [column for column in draft.columns.values() if type(column) is dict]
    points = count * (len(draft.columns) - len(sparse))
    points += sum(len(column["values"]) // 8 for column in sparse)
    points += sum(len(rows) for rows, _ in draft.objects.values())
    stored = {
        "n": count,
        "steps": steps,
        "times": times,
        "columns": draft.columns,
        "objects": draft.objects,
        "types": draft.types,
    }
    return Rows(kind, stored, count, points, last_step)


def parse_console(record: Mapping[str, Any]) -> Rows:
    """Read console lines: the step of a row is its line number."""
    refuse_unknown(record, {"kind", "lines"})
    lines = record.get("lines")
    if not isinstance(lines, list):
        raise Refusal("wrong_type", "lines has to be a list of [line number, time, stream, text].")
    numbers, times, codes, texts = [], [], [], []
    for line in lines:
        number, at, stream, text = _read_line(line)
        numbers.append(number)
        times.append(at)
        codes.append(stream)
        texts.append(text)
    stored = {
        "n": len(lines),
        "steps": np.array(numbers, np.int64).tobytes(),
        "times": _check_times(np.array(times, np.float64)).tobytes(),
        "columns": {"stream": np.array(codes, np.float64).tobytes()} if lines else {},
        "objects": {"text": (list(range(len(lines))), texts)} if lines else {},
        "types": {},
    }
    return Rows("console", stored, len(lines), len(lines), max(numbers, default=0))


def _read_line(line: Any) -> tuple[int, float, float, bytes]:
    if not isinstance(line, list) or len(line) != 4:
        raise Refusal("wrong_type", "A line has to be [line number, time, stream, text].")
    number, at, stream, text = line
    check_step(number)
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise Refusal("wrong_type", "The time of a line has to be a number: Unix seconds.")
    if not isinstance(stream, str) or stream not in STREAM_CODES or not isinstance(text, str):
        raise Refusal("wrong_type", 'A line has to name "stdout" or "stderr", and hold text.')
    encoded = text.encode("utf-8", "replace")
    if len(encoded) > MAX_VALUE_BYTES:
        raise Refusal("value_too_large", "A line may have at most 1 MiB.")
    return number, to_float(at), STREAM_CODES[stream], encoded


def _read_axes(times: Any, steps: Any) -> tuple[bytes, Any, int, int]:
    """Return the stored times and steps, how many rows there are, and the last step."""
    seconds = _array(times, "times", np.float64) if times is not None else None
    if isinstance(steps, dict):
        if seconds is None:
            raise Refusal("wrong_length", "steps as start and stride need times, to say how many.")
        count = len(seconds)
        stored, last = _read_range(steps, count)
    else:
        if isinstance(steps, list):
            steps = [check_step(step) for step in steps]
        numbers = _array(steps, "steps", np.int64)
        count = len(numbers)
        stored, last = numbers.tobytes(), int(numbers.max()) if count else 0
    if seconds is None:
        seconds = np.full(count, time.time())
    if len(seconds) != count:
        raise Refusal("wrong_length", f"There are {count} steps and {len(seconds)} times.")
    return _check_times(seconds).tobytes(), stored, count, last


def _read_range(steps: dict[str, Any], count: int) -> tuple[dict[str, int], int]:
    refuse_unknown(steps, {"start", "stride"})
    start, stride = check_step(steps.get("start")), check_step(steps.get("stride", 1))
    last = check_step(start + stride * max(0, count - 1))
    return {"start": start, "stride": stride}, max(start, last)


def _array(given: Any, name: str, dtype: type[np.generic]) -> Any:
    """Return little-endian bytes, or a list, as an array."""
    if isinstance(given, bytes):
        if len(given) % np.dtype(dtype).itemsize:
            raise Refusal(
                "wrong_length",
                f"{name} has {len(given)} bytes, which is no whole number of values.",
            )
        return np.frombuffer(given, dtype)
    if not isinstance(given, list):
        raise Refusal("wrong_type", f"{name} has to be bytes or a list.")
    try:
        return np.array(given, dtype) if _are_numbers(given) else _refuse_numbers(name)
    except OverflowError:
        return _refuse_numbers(name)


def _are_numbers(values: list[Any]) -> bool:
    return all(type(value) in (int, float) for value in values)


def _refuse_numbers(name: str) -> Any:
    raise Refusal("wrong_type", f"{name} has to be numbers in range only.")


def _check_times(seconds: Any) -> Any:
    # Written so that NaN fails it too.
    if len(seconds) and not (seconds.min() >= 0 and seconds.max() < LATEST_TIME):
        raise Refusal("bad_time", "A time has to be Unix seconds between the years 1970 and 9999.")
    return seconds


def _mapping(record: Mapping[str, Any], name: str) -> dict[Any, Any]:
    value = record.get(name, {})
    if not isinstance(value, dict):
        raise Refusal("wrong_type", f"{name} has to be a mapping from key to values.")
    return value


def _read_columns(draft: _Draft, columns: dict[Any, Any]) -> None:
    size, read = 8 * draft.count, draft.columns
    for key, column in columns.items():
        # The path of nearly all points: a name that was seen before, and a value for each row.
        if type(column) is bytes and len(column) == size and key in known_keys:
            if size:
                read[key] = column
        else:
            _read_column(draft, check_key(key), column)


def _read_column(draft: _Draft, key: str, column: Any) -> None:
    rows: Any = range(draft.count)
    values = column
    if isinstance(column, dict):
        refuse_unknown(column, {"rows", "values"})
        rows, values = _read_places(key, column.get("rows"), draft.count), column.get("values")
    if not isinstance(values, bytes | list):
        raise Refusal(
            "wrong_type", f"The column {key[:40]} has to be bytes, a list, or rows and values."
        )
    length = len(values) / (8 if isinstance(values, bytes) else 1)
    if length != len(rows):
        _refuse_length(key, length, len(rows))
    if isinstance(values, list):
        _read_numbers(draft, key, rows, values)
    elif len(rows):
        _store_column(draft, key, rows, values)


def _store_column(draft: _Draft, key: str, rows: Any, values: bytes) -> None:
    if len(rows) == draft.count:
        draft.columns[key] = values
    else:
        draft.columns[key] = {"rows": np.asarray(rows, np.uint32).tobytes(), "values": values}


def _read_places(key: str, rows: Any, count: int) -> Any:
    """Return the row numbers of a sparse column: ascending, below `count`."""
    if isinstance(rows, bytes) and len(rows) % 4 == 0:
        places = np.frombuffer(rows, np.uint32)
    elif isinstance(rows, list) and all(type(row) is int and 0 <= row < count for row in rows):
        places = np.array(rows, np.uint32)
    else:
        raise Refusal(
            "wrong_type", f"rows of {key[:40]} has to be u32 bytes or a list of row numbers."
        )
    if len(places) and (places[-1] >= count or (places[1:] <= places[:-1]).any()):
        raise Refusal("bad_rows", f"rows of {key[:40]} has to ascend and stay below {count}.")
    return places


def _refuse_length(key: str, length: float, count: int) -> None:
    raise Refusal(
        "wrong_length", f"The column {key[:40]} has {max(length, 0):g} values for {count} rows."
    )


def _read_numbers(draft: _Draft, key: str, rows: Any, values: list[Any]) -> None:
    """Read values that came as a list: numbers, true, false, null for none, the odd floats by name."""
    if values and _are_numbers(values) and not any(map(is_inexact, values)):
        _store_column(draft, key, rows, np.array(values, np.float64).tobytes())
        return
    pairs = []
    for row, value in zip(rows, values, strict=True):
        number = ODD_FLOATS.get(value, value) if isinstance(value, str) else value
        if not isinstance(number, bool | int | float | None):
            raise Refusal(
                "not_a_number",
                f"The column {key[:40]} holds {value!r:.40}: text and lists go to objects.",
            )
        if number is not None:
            pairs.append([int(row), number])
    _read_objects(draft, key, pairs)


def _read_objects(draft: _Draft, key: str, pairs: Any) -> None:
    """Read [row, value] pairs: numbers become points, everything else is kept as JSON."""
    numbers: dict[int, float] = {}
    texts = dict(zip(*draft.objects.get(key, ([], [])), strict=True))
    flags = Flag.NUMBER if key in draft.columns else Flag(0)
    for row, value in _checked_pairs(draft, key, pairs):
        flags |= flag_of(value)
        is_number = isinstance(value, bool | int | float)
        if is_number:
            numbers[row] = to_float(value)
        if not is_number or is_inexact(value):
            texts[row] = pack_object(key, value)
    if texts:
        places = sorted(texts)
        draft.objects[key] = (places, [texts[row] for row in places])
    if flags & ~Flag.NUMBER:
        draft.types[key] = int(flags)
    if numbers:
        _merge_numbers(draft, key, numbers)


def _checked_pairs(draft: _Draft, key: str, pairs: Any) -> Iterator[tuple[int, Any]]:
    accepted = f"objects of {key[:40]} has to be a list of [row, value]."
    if not isinstance(pairs, list):
        raise Refusal("wrong_type", accepted)
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or type(pair[0]) is not int:
            raise Refusal("wrong_type", accepted)
        if not 0 <= pair[0] < draft.count:
            raise Refusal(
                "bad_rows", f"objects of {key[:40]} names row {pair[0]} of {draft.count}."
            )
        yield pair[0], pair[1]


def _merge_numbers(draft: _Draft, key: str, numbers: dict[int, float]) -> None:
    """Add points to a key's column; a row that has a number already keeps it."""
    present = draft.columns.get(key)
    merged = dict(numbers)
    if present is not None:
        values = np.frombuffer(
            present if isinstance(present, bytes) else present["values"], np.float64
        )
        places = (
            range(draft.count)
            if isinstance(present, bytes)
            else np.frombuffer(present["rows"], np.uint32).tolist()
        )
        merged |= dict(zip(places, values.tolist(), strict=True))
    rows = sorted(merged)
    _store_column(draft, key, rows, np.array([merged[row] for row in rows], np.float64).tobytes())
