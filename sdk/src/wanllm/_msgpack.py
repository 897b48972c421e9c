"""The msgpack encoder for the wire: 60 lines instead of a dependency.

Only what records hold: None, bool, int, float, str, bytes, list, tuple, dict. The bulk of a record
is a few long `bytes`, so encoding in Python costs microseconds a record, not a value.
"""

from __future__ import annotations

import struct
from typing import Any

_U64 = 1 << 64
_I64 = 1 << 63


class Raw(bytes):
    """Bytes that are msgpack already: put into the output as they are."""


def pack(value: Any) -> bytes:
    """Return `value` as msgpack. Raises TypeError for types outside the list above."""
    out = bytearray()
    _put(out, value)
    return bytes(out)


def array_header(count: int) -> bytes:
    """Return the head of an array whose `count` packed items follow."""
    out = bytearray()
    _put_head(out, count, 0x90, 15, None, 0xDC, 0xDD)
    return bytes(out)


def _put(out: bytearray, value: Any) -> None:  # noqa: C901 - one branch a type, none nested
    if value is None:
        out.append(0xC0)
    elif value is True:
        out.append(0xC3)
    elif value is False:
        out.append(0xC2)
    elif isinstance(value, str):
        text = value.encode("utf-8", "replace")  # a lone surrogate becomes "?"
        _put_head(out, len(text), 0xA0, 31, 0xD9, 0xDA, 0xDB)
        out += text
    elif isinstance(value, float):
        out += struct.pack(">Bd", 0xCB, value)
    elif isinstance(value, int):
        _put_int(out, value)
    elif isinstance(value, Raw):
        out += value
    elif isinstance(value, bytes):
        _put_head(out, len(value), None, -1, 0xC4, 0xC5, 0xC6)
        out += value
    elif isinstance(value, (list, tuple)):
        _put_head(out, len(value), 0x90, 15, None, 0xDC, 0xDD)
        for item in value:
            _put(out, item)
    elif isinstance(value, dict):
        _put_head(out, len(value), 0x80, 15, None, 0xDE, 0xDF)
        for key, item in value.items():
            _put(out, key)
            _put(out, item)
    else:
        raise TypeError(f"cannot be sent: {type(value).__name__}")


def _put_int(out: bytearray, value: int) -> None:
    if 0 <= value < 128:
        out.append(value)
    elif -32 <= value < 0:
        out.append(value + 256)
    elif 0 <= value < _U64:
        out += struct.pack(">BQ", 0xCF, value)
    elif -_I64 <= value < 0:
        out += struct.pack(">Bq", 0xD3, value)
    else:
        _put(out, str(value))  # msgpack has no larger integers; the digits are kept as text


def _put_head(
    out: bytearray,
    count: int,
    fix: int | None,
    fix_max: int,
    code8: int | None,
    code16: int,
    code32: int,
) -> None:
    if fix is not None and count <= fix_max:
        out.append(fix | count)
    elif code8 is not None and count < 256:
        out += struct.pack(">BB", code8, count)
    elif count < 65536:
        out += struct.pack(">BH", code16, count)
    else:
        out += struct.pack(">BI", code32, count)
