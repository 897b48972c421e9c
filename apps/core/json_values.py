"""What JSON columns can't hold, made safe on the way in and given back on the way out.

PostgreSQL refuses NaN, Infinity and NUL in JSON; SQLite takes NaN and then fails every later query over
that row. So they are stored as one-key objects, and REST, which must write strict JSON, shows them as the
strings "NaN", "Infinity" and "-Infinity".
"""

import json
import math
from typing import Any

Json = Any

_FLOAT = "$float"
_TEXT = "$text"
_DICT = "$dict"  # Wraps a user's own object that looks like one of these.
_MAX_DEPTH = 64


def encode(value: Json, depth: int = 0) -> Json:
    """Return `value` as something both databases store; raise ValueError when it is no JSON or deeper than 64."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested deeper than {_MAX_DEPTH} levels")
    if isinstance(value, float) and not math.isfinite(value):
        return {_FLOAT: show_float(value)}
    if isinstance(value, str):
        text = _well_formed(value)
        return {_TEXT: text.split("\0")} if "\0" in text else text
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        encoded = {_encode_key(key): encode(item, depth + 1) for key, item in value.items()}
        return {_DICT: encoded} if encoded.keys() & {_FLOAT, _TEXT, _DICT} else encoded
    if isinstance(value, list | tuple):
        return [encode(item, depth + 1) for item in value]
    raise ValueError(f"a {type(value).__name__} is not a JSON value")


def _encode_key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"the key {key!r} is not text")
    if "\0" in key:
        raise ValueError("a key contains a NUL character")
    return _well_formed(key)


def _well_formed(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON can write and no encoding of characters has."""
    return text.encode("utf-8", "replace").decode()


def decode(value: Json) -> Json:
    """Return what `encode` was given."""
    if isinstance(value, dict):
        if len(value) == 1:
            if _FLOAT in value:
                return float(value[_FLOAT])
            if _TEXT in value:
                return "\0".join(value[_TEXT])
            if _DICT in value:
                return {key: decode(item) for key, item in value[_DICT].items()}
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def show_float(value: float) -> str:
    """Name a non-finite float as JSON readers expect it: "NaN", "Infinity" or "-Infinity"."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def strict(value: Json) -> Json:
    """Return `value` with non-finite floats as strings, for strict JSON output."""
    if isinstance(value, float) and not math.isfinite(value):
        return show_float(value)
    if isinstance(value, dict):
        return {key: strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [strict(item) for item in value]
    return value


def is_same(one: Json, other: Json) -> bool:
    """Tell whether two encoded values are the same JSON; == takes 1, 1.0 and true for one."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def merge(document: Json, changes: Json) -> Json:
    """Return `document` with `changes` merged in: mappings merge, everything else replaces."""
    if not isinstance(document, dict) or not isinstance(changes, dict):
        return changes
    merged = dict(document)
    for key, value in changes.items():
        merged[key] = merge(merged.get(key), value)
    return merged


def without_path(document: Json, path: list[str]) -> Json:
    """Return `document` without the value at `path`; a path that isn't there changes nothing."""
    if not path or not isinstance(document, dict) or path[0] not in document:
        return document
    rest = dict(document)
    if len(path) == 1:
        del rest[path[0]]
    else:
        rest[path[0]] = without_path(rest[path[0]], path[1:])
    return rest
