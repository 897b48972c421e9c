"""Fewer points that draw the same picture, and many runs as one line with its spread.

A series is cut into equal slices of the x range, and of each the first, least, greatest and last point are
kept, where they are: one odd point among ten million stays on the picture. All arrays are sorted by x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.metrics.codec import Floats, Ints

KEPT_PER_SLICE = 4
AGGREGATES = ("mean", "std", "stderr", "ci", "min", "max", "n")
# Student's t, 97.5 %, for 1, 2, 3 … degrees of freedom; beyond, 1.96 + 2.4 / n is right to 0.1 %.
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


def choose(x: Floats, y: Floats, points: int) -> Ints:
    """Return the places of at most `points` points that draw like all of them.

    Up to `points`, all. NaN and infinities are kept where a slice holds nothing else.
    """
    if len(x) <= points:
        return np.arange(len(x))
    slices = slice_numbers(x, max(1, points // KEPT_PER_SLICE))
    good = np.flatnonzero(np.isfinite(y))
    starts = group_starts(slices[good])
    ends = np.append(starts[1:], len(good)) - 1
    kept = [good[ends]] if len(good) else []
    if len(good):
        kept += [
            good[starts],
            good[places_of_least(y[good], starts)],
            good[places_of_least(-y[good], starts)],
        ]
    if len(good) < len(x):
        all_starts = group_starts(slices)
        kept.append(all_starts[~np.isin(slices[all_starts], slices[good])])
    return np.unique(np.concatenate(kept))


def slice_numbers(x: Floats, slices: int) -> Ints:
    """Return which of `slices` equal parts of its range each x is in."""
    width = x[-1] - x[0]
    if not width > 0:
        return np.zeros(len(x), np.int64)
    numbers: Ints = ((x - x[0]) / width * slices).astype(np.int64)
    return np.minimum(numbers, slices - 1)


def group_starts(numbers: Ints) -> Ints:
    """Return where each run of equal numbers begins."""
    if not len(numbers):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))


def places_of_least(values: Floats, starts: Ints) -> Ints:
    """Return where the least value of each group is, the first of equals; NaN counts as greatest."""
    filled = np.where(np.isnan(values), np.inf, values)
    lengths = np.diff(np.append(starts, len(values)))
    least = np.repeat(np.minimum.reduceat(filled, starts), lengths)
    hits = np.flatnonzero(filled == least)
    groups = np.repeat(np.arange(len(starts)), lengths)[hits]
    firsts: Ints = hits[group_starts(groups)]
    return firsts


def slice_means(x: Floats, means: Floats, weights: Floats, slices: int) -> tuple[Floats, Floats]:
    """Return the mean of each slice that holds a value, at the last x in it."""
    numbers = slice_numbers(x, slices)
    starts = group_starts(numbers)
    ends = np.append(starts[1:], len(x)) - 1
    with np.errstate(all="ignore"):
        total = np.add.reduceat(np.where(weights > 0, means * weights, 0.0), starts)
        count = np.add.reduceat(weights, starts)
        found = count > 0
        return x[ends][found], (total / count)[found]


@dataclass(slots=True)
class Spread:
    """Many runs as one line: at each x the aggregates over the runs that reach it."""

    x: Floats
    values: dict[str, Floats]


def spread(series: Sequence[tuple[Floats, Floats]], points: int) -> Spread:
    """Aggregate runs whose x differ, on at most `points` common x.

    Where all x together are few, each is one; else the range is cut into equal slices. At the end of a slice
    a run counts with its last finite value at or before it, from its first point to the slice of its last.
    Least and greatest are those of all points in the slice. Every run and every point is used.
    """
    finite = [(x[np.isfinite(y)], y[np.isfinite(y)]) for x, y in series]
    finite = [(x, y) for x, y in finite if len(x)]
    if not finite:
        return Spread(np.zeros(0), {name: np.zeros(0) for name in AGGREGATES})
    ends = _common_ends([x for x, _ in finite], points)
    befores = np.append(-np.inf, ends[:-1])
    n, mean, squares = np.zeros(len(ends)), np.zeros(len(ends)), np.zeros(len(ends))
    low, high = np.full(len(ends), np.inf), np.full(len(ends), -np.inf)
    for x, y in finite:
        here = np.flatnonzero((ends >= x[0]) & (befores < x[-1]))
        last = y[np.searchsorted(x, ends[here], side="right") - 1]
        n[here] += 1
        difference = last - mean[here]
        mean[here] += difference / n[here]
        squares[here] += difference * (last - mean[here])
        low[here] = np.minimum(low[here], last)
        high[here] = np.maximum(high[here], last)
        slots = np.searchsorted(ends, x, side="left")
        starts = group_starts(slots)
        low[slots[starts]] = np.minimum(low[slots[starts]], np.minimum.reduceat(y, starts))
        high[slots[starts]] = np.maximum(high[slots[starts]], np.maximum.reduceat(y, starts))
    return _finish_spread(ends, n, mean, squares, low, high)


def _common_ends(xs: list[Floats], points: int) -> Floats:
    """Return the x at which runs are compared: the ends of slices."""
    distinct = np.unique(np.concatenate(xs))
    if len(distinct) <= points:
        return distinct
    ends = np.linspace(distinct[0], distinct[-1], points + 1)[1:]
    # A slice that no run has a point in says nothing new.
    used = np.unique(np.searchsorted(ends, distinct, side="left"))
    return ends[np.minimum(used, points - 1)]


def _finish_spread(
    x: Floats, n: Floats, mean: Floats, squares: Floats, low: Floats, high: Floats
) -> Spread:
    some = n > 0
    x, n, mean, squares, low, high = (a[some] for a in (x, n, mean, squares, low, high))
    with np.errstate(all="ignore"):
        # One run alone has no spread: NaN, not 0.
        std = np.sqrt(np.where(n > 1, squares / (n - 1), np.nan))
        stderr = std / np.sqrt(n)
    table = np.array([np.nan, *_T])
    degrees = n.astype(np.int64) - 1
    t = np.where(degrees < len(table), table[np.minimum(degrees, len(_T))], 1.96 + 2.4 / n)
    values = {"mean": mean, "std": std, "stderr": stderr, "ci": t * stderr}
    return Spread(x, {**values, "min": low, "max": high, "n": n})
