"""What one key, step or value of a record may be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import IntFlag
from typing import Any

import numpy as np

from apps.core import json_values

MAX_KEY_BYTES = 512
MAX_VALUE_BYTES = 1024 * 1024
INT64 = np.iinfo(np.int64)
EXACT_INT = 2**53
_KNOWN_KEYS_KEPT = 200_000

# Keys that have been checked already: runs log the same ones again and again.
known_keys: set[str] = set()


class Flag(IntFlag):
    """What a key has held; its type in words is made of these (heads.py)."""

    NUMBER = 1
    BOOL = 2
    TEXT = 4
    JSON = 8
    NULL = 16


class Refusal(Exception):
    """One record that cannot be stored. Its neighbours can."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def refuse_unknown(record: Mapping[str, Any], known: set[str]) -> None:
    """Raise Refusal for a field that nobody reads: a typo must not lose data silently."""
    unknown = record.keys() - known
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))[:200]
        raise Refusal(
            "unknown_field", f"Unknown field: {names}. Known are {', '.join(sorted(known))}."
        )


def check_key(key: Any) -> str:
    """Return a metric's name; raise Refusal when it isn't 1 to 512 bytes of text without NUL."""
    if isinstance(key, str) and key in known_keys:
        return key
    if not isinstance(key, str) or not key:
        raise Refusal("bad_key", "A key has to be text with at least one character.")
    if "\0" in key:
        raise Refusal("bad_key", f"The key {key[:40]!r} contains a NUL character.")
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        raise Refusal("bad_key", f"The key {key[:40]!r} is not valid Unicode.") from None
    if length > MAX_KEY_BYTES:
        raise Refusal(
            "key_too_long", f"The key {key[:40]}… has {length} bytes; {MAX_KEY_BYTES} are allowed."
        )
    if len(known_keys) >= _KNOWN_KEYS_KEPT:
        known_keys.clear()
    known_keys.add(key)
    return key


def check_step(step: Any) -> int:
    """Return a step; raise Refusal when it isn't a whole number of int64."""
    if isinstance(step, bool) or not isinstance(step, int):
        raise Refusal("step_not_integer", f"The step {step!r:.40} is not a whole number.")
    if not INT64.min <= step <= INT64.max:
        raise Refusal("step_out_of_range", f"The step {step} is beyond −2⁶³ … 2⁶³−1.")
    return step


def flag_of(value: Any) -> Flag:
    """Name what kind of value this is."""
    if isinstance(value, bool):
        return Flag.BOOL
    if isinstance(value, int | float):
        return Flag.NUMBER
    if value is None:
        return Flag.NULL
    return Flag.TEXT if isinstance(value, str) else Flag.JSON


def to_float(value: float) -> float:
    """Return a number as float64; beyond its range, an infinity (the exact value is kept as an object)."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def is_inexact(value: Any) -> bool:
    return type(value) is int and abs(value) > EXACT_INT


def pack_object(key: str, value: Any) -> bytes:
    """Return a value as the JSON text that is stored; raise Refusal when it is too deep, too large or no JSON."""
    try:
        text = json.dumps(
            json_values.encode(value), ensure_ascii=False, separators=(",", ":")
        ).encode()
    except ValueError as error:
        raise Refusal("not_json", f"The value of {key[:40]} cannot be stored: {error}.") from None
    if len(text) > MAX_VALUE_BYTES:
        raise Refusal(
            "value_too_large", f"The value of {key[:40]} has {len(text)} bytes; 1 MiB is allowed."
        )
    return text


def unpack_object(text: bytes) -> Any:
    """Return the value that `pack_object` was given."""
    return json_values.decode(json.loads(text))
