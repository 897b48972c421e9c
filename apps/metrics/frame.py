"""How series travel: a binary frame for charts, the same as JSON, and CSV.

The frame is little-endian: `u32 H | JSON header of H bytes, padded with spaces so that (4 + H) % 8 == 0 |
body`. Each series names where its x (float64) and y (float32) begin in the body; every array begins at a
multiple of 8, and series with the same x share it. float32 is for drawing; JSON and CSV are exact.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.core.json_values import show_float
from apps.core.text import table_cell
from apps.metrics.codec import Floats

VERSION = 1
_FLOAT32_MAX = float(np.finfo(np.float32).max)


@dataclass(slots=True)
class Series:
    """One line: of a run, or of a group of runs with what is aggregated."""

    key: str
    x: Floats
    y: Floats
    run: str | None = None
    group: str | None = None
    agg: str | None = None
    total: int = 0  # points stored in the range that was asked for
    level: int = 0
    nan: int = 0  # of `total`, NaN or infinite
    dropped: int = 0  # without a value of the key that is on the x axis

    def head(self) -> dict[str, Any]:
        named = {"run": self.run, "group": self.group, "agg": self.agg}
        return {
            **{name: value for name, value in named.items() if value is not None},
            "key": self.key,
            "n": len(self.x),
            "total": self.total,
            "level": self.level,
            "nan": self.nan,
            "dropped": self.dropped,
        }


def pack_frame(axis: str, series: Sequence[Series], zeros: Mapping[str, float]) -> bytes:
    """Return the binary frame. `zeros` is the Unix time of x=relative's 0 for each run."""
    chunks: list[bytes] = []
    offsets: dict[int, int] = {}
    size = 0

    def put(data: bytes) -> int:
        nonlocal size
        start = size
        chunks.append(data + bytes(-len(data) % 8))
        size += len(chunks[-1])
        return start

    heads = []
    for line in series:
        if id(line.x) not in offsets:
            offsets[id(line.x)] = put(line.x.astype("<f8", copy=False).tobytes())
        head = line.head()
        heads.append({**head, "x": offsets[id(line.x)], "y": put(_narrow(line.y))})
    header = _header(axis, heads, zeros).encode()
    header += b" " * (-(4 + len(header)) % 8)
    return b"".join([len(header).to_bytes(4, "little"), header, *chunks])


def _header(axis: str, heads: list[dict[str, Any]], zeros: Mapping[str, float]) -> str:
    document = {"v": VERSION, "x": axis, "t0": dict(zeros), "series": heads}
    return json.dumps(document, separators=(",", ":"), allow_nan=False)


def _narrow(values: Floats) -> bytes:
    """Return float32 bytes; finite values beyond float32 become its greatest, not an infinity."""
    with np.errstate(over="ignore"):
        narrow = values.astype("<f4")
    if not np.isfinite(narrow).all():
        finite = np.isfinite(values)
        narrow[finite] = np.clip(values[finite], -_FLOAT32_MAX, _FLOAT32_MAX)
    return narrow.tobytes()


def pack_json(axis: str, series: Sequence[Series], zeros: Mapping[str, float]) -> bytes:
    """Return the frame's JSON twin: lists for x and y, exact, odd floats as strings."""
    heads = [
        {**line.head(), "x": _exact_x(axis, line.x), "y": strict_list(line.y)} for line in series
    ]
    return _header(axis, heads, zeros).encode()


def _exact_x(axis: str, x: Floats) -> list[Any]:
    return list(x.astype(np.int64).tolist()) if axis == "step" else strict_list(x)


def strict_list(values: Floats) -> list[Any]:
    """Return floats as a list for strict JSON: "NaN", "Infinity" and "-Infinity" as strings."""
    listed: list[Any] = values.tolist()
    for place in np.flatnonzero(~np.isfinite(values)).tolist():
        listed[place] = show_float(listed[place])
    return listed


def pack_csv(axis: str, series: Sequence[Series]) -> bytes:
    """Return one line a point: run or group, key, what is aggregated, x, value."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["run", "key", "agg", axis, "value"])
    for line in series:
        name, key, agg = (
            table_cell(line.run or line.group or ""),
            table_cell(line.key),
            line.agg or "",
        )
        for x, y in zip(_exact_x(axis, line.x), strict_list(line.y), strict=True):
            writer.writerow([name, key, agg, x, y])
    return out.getvalue().encode()
