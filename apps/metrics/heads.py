"""What is known of each key of a run without reading its points: count, extremes, mean, first and last.

One structured array a run, a row a key, folded a block at a time: means and squares by Chan's formula, so the
order and size of the blocks make no difference beyond rounding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from apps.metrics import codec
from apps.metrics.blocks import Block, Part, patterns
from apps.metrics.codec import Floats, Ints
from apps.metrics.values import Flag, unpack_object

# A longer last text or object is left to the rows: heads are read whole.
MAX_LAST_BYTES = 4096
HEAD = np.dtype(
    [
        ("key", "<i8"),
        ("flags", "<i8"),
        ("count", "<i8"),  # numbers, NaN and infinities included
        ("nan", "<i8"),
        ("inf", "<i8"),
        ("objects", "<i8"),
        ("first", "<f8"),
        ("first_step", "<i8"),
        ("last", "<f8"),
        ("last_step", "<i8"),
        ("last_time", "<f8"),
        # Finite values only; NaN while there is none.
        ("min", "<f8"),
        ("min_step", "<i8"),
        ("max", "<f8"),
        ("max_step", "<i8"),
        ("mean", "<f8"),
        ("squares", "<f8"),  # sum of squared distances from the mean
    ]
)
_WORDS = {Flag.NUMBER: "number", Flag.BOOL: "bool", Flag.TEXT: "text", Flag.JSON: "json"}

Head = NDArray[np.void]


@dataclass
class Heads:
    """The heads of one kind of rows of a run."""

    table: Head = field(default_factory=lambda: np.zeros(0, HEAD))
    # The last value that is no number, with its step.
    lasts: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[int, int]:
        """Where in the table each key is. Made when it is wanted: many heads are read for their arrays."""
        return {key: place for place, key in enumerate(self.table["key"].tolist())}

    def count_points(self) -> int:
        """Return how many points of all keys are counted, numbers and everything else."""
        return int(self.table["count"].sum() + self.table["objects"].sum())

    def find_places(self, keys: list[int]) -> Ints:
        """Return where the heads of `keys` are, making room for the new ones."""
        new = [key for key in keys if key not in self.places]
        if new:
            rows = np.zeros(len(new), HEAD)
            rows["key"] = new
            for name in ("min", "max", "first", "last", "last_time"):
                rows[name] = np.nan
            self.places.update({key: len(self.table) + i for i, key in enumerate(new)})
            self.table = np.concatenate([self.table, rows])
        return np.array([self.places[key] for key in keys], np.int64)


def fold(heads: Heads, block: Block, ids: Mapping[str, int], types: Mapping[str, int]) -> None:
    """Take the rows of a block into the heads. Keys without a number in `ids` are left out."""
    for names, rows in patterns(block):
        known = [name for name in names if name in ids]
        if not known:
            continue
        steps = block.steps if rows is None else block.steps[rows]
        times = block.times if rows is None else block.times[rows]
        values = np.stack([block.columns[name].parts[Part.VALUE] for name in known])
        places = heads.find_places([ids[name] for name in known])
        _fold_order(heads.table, places, values, steps, times)
        _fold_values(heads.table, places, values, steps)
        heads.table["flags"][places] |= np.array([types.get(name, Flag.NUMBER) for name in known])
    for name, objects in block.objects.items():
        if name not in ids:
            continue
        place = heads.find_places([ids[name]])
        heads.table["flags"][place] |= types.get(name, 0)
        # Integers beyond 2**53 are kept twice, but are one value.
        heads.table["objects"][place] += len(objects.rows) - _count_doubles(block, name)
        _fold_last_object(heads, ids[name], block.steps[objects.rows], objects.texts)


def _fold_order(table: Head, places: Ints, values: Floats, steps: Ints, times: Floats) -> None:
    """Take in first and last, which go by step; of one step, the later row counts."""
    end = len(steps) - 1
    first, last = end - int(steps[::-1].argmin()), end - int(steps[::-1].argmax())
    is_new = table["count"][places] == 0
    earlier = is_new | (steps[first] <= table["first_step"][places])
    table["first"][places[earlier]] = values[earlier, first]
    table["first_step"][places[earlier]] = steps[first]
    later = is_new | (steps[last] >= table["last_step"][places])
    table["last"][places[later]] = values[later, last]
    table["last_step"][places[later]] = steps[last]
    table["last_time"][places[later]] = times[last]


def _fold_values(table: Head, places: Ints, values: Floats, steps: Ints) -> None:
    """Take in counts, extremes, mean and squares."""
    finite = np.isfinite(values)
    counts, nans = finite.sum(axis=1), np.isnan(values).sum(axis=1)
    before = (table["count"] - table["nan"] - table["inf"])[places]
    table["count"][places] += values.shape[1]
    table["nan"][places] += nans
    table["inf"][places] += values.shape[1] - counts - nans
    is_clean = bool(finite.all())
    lows = values if is_clean else np.where(finite, values, np.inf)
    highs = values if is_clean else np.where(finite, values, -np.inf)
    for name, filled, chosen in (
        ("min", lows, lows.argmin(axis=1)),
        ("max", highs, highs.argmax(axis=1)),
    ):
        found = filled[np.arange(len(places)), chosen]
        known = table[name][places]
        better = (counts > 0) & (
            (before == 0) | (found < known if name == "min" else found > known)
        )
        table[name][places[better]] = found[better]
        table[f"{name}_step"][places[better]] = steps[chosen[better]]
    _fold_mean(table, places, values, finite, before)


def _fold_mean(
    table: Head, places: Ints, values: Floats, finite: NDArray[np.bool_], before: Ints
) -> None:
    counts = finite.sum(axis=1)
    divisors = np.maximum(counts, 1)
    with np.errstate(all="ignore"):
        is_clean = bool(finite.all())
        zeroed = values if is_clean else np.where(finite, values, 0.0)
        means = zeroed.sum(axis=1) / divisors
        # A sum beyond float64 whose mean is not: divide first.
        huge = ~np.isfinite(means)
        means[huge] = (zeroed[huge] / divisors[huge, None]).sum(axis=1)
        distances = values - means[:, None]
        if not is_clean:
            distances[~finite] = 0.0
        squares = np.einsum("ij,ij->i", distances, distances)
        weights = counts / np.maximum(before + counts, 1)
        differences = means - table["mean"][places]
        table["squares"][places] += squares + differences**2 * before * weights
        table["mean"][places] = table["mean"][places] * (1 - weights) + means * weights


def _fold_last_object(heads: Heads, key: int, steps: Ints, texts: list[bytes]) -> None:
    end = len(steps) - 1
    last = end - int(steps[::-1].argmax())
    step = int(steps[last])
    if key in heads.lasts and step < heads.lasts[key][0]:
        return
    heads.lasts[key] = (step, texts[last] if len(texts[last]) <= MAX_LAST_BYTES else b"")


def _count_doubles(block: Block, name: str) -> int:
    column = block.columns.get(name)
    if column is None:
        return 0
    rows = block.objects[name].rows
    return len(rows) if column.rows is None else int(np.isin(rows, column.rows).sum())


def type_name(flags: int) -> str:
    """Name what a key holds: number, bool, text, json, null, or mixed."""
    kinds = Flag(flags) & ~Flag.NULL
    if kinds == Flag.NUMBER | Flag.BOOL:
        return "number"
    if not kinds:
        return "null"
    return _WORDS.get(kinds, "mixed")


def describe(heads: Heads, names: Mapping[int, str]) -> dict[str, dict[str, Any]]:
    """Return the heads by key as plain values: those of `GET …/keys`, without "best"."""
    described = {}
    for row in heads.table:
        key = int(row["key"])
        if key in names:
            described[names[key]] = _describe_one(row, heads.lasts.get(key))
    return described


def _describe_one(row: Any, last_object: tuple[int, bytes] | None) -> dict[str, Any]:
    count, nan, inf = int(row["count"]), int(row["nan"]), int(row["inf"])
    has_numbers, finite = count > 0, count - nan - inf
    last: Any = float(row["last"]) if has_numbers else None
    last_step = int(row["last_step"]) if has_numbers else None
    if last_object is not None and (last_step is None or last_object[0] >= last_step):
        last_step, text = last_object
        last = unpack_object(text) if text else None
    elif row["flags"] == Flag.BOOL and has_numbers:
        last = bool(last)
    return {
        "type": type_name(int(row["flags"])),
        "count": count + int(row["objects"]),
        "last": last,
        "last_step": last_step,
        "first": float(row["first"]) if has_numbers else None,
        "min": float(row["min"]) if finite else None,
        "min_step": int(row["min_step"]) if finite else None,
        "max": float(row["max"]) if finite else None,
        "max_step": int(row["max_step"]) if finite else None,
        "mean": float(row["mean"]) if finite else None,
        "std": math.sqrt(row["squares"] / finite) if finite else None,
        "nan": nan,
        "inf": inf,
    }


def pack(heads: Heads) -> bytes:
    """Return heads as they are stored."""
    if not len(heads.table):
        return b""
    # The bytes of equal weight side by side compress well: most counts and steps are alike.
    shuffled = heads.table.view(np.uint8).reshape(len(heads.table), HEAD.itemsize).T.tobytes()
    packed: bytes = msgpack.packb([codec.compress(shuffled), list(heads.lasts.items())])
    return packed


def unpack(payload: bytes) -> Heads:
    """Return the heads that `pack` was given; none for no bytes."""
    if not payload:
        return Heads()
    compressed, lasts = msgpack.unpackb(payload, use_list=False)
    shuffled = np.frombuffer(codec.decompress(compressed), np.uint8)
    table = shuffled.reshape(HEAD.itemsize, -1).T.copy().view(HEAD).ravel()
    return Heads(table, dict(lasts))
