"""Levels: blocks of buckets that stand for 64, 4,096 and 262,144 rows each.

A bucket holds of each key the least, greatest, first and last value with the steps and times they have, the
mean and the count, so a picture made of buckets misses no spike. A level is made from the one below by the
same rule as level 1 from the rows.
"""

from __future__ import annotations

import numpy as np

from apps.metrics.blocks import OWN_PARTS, Block, Column, Numbers, Part, patterns
from apps.metrics.codec import Floats, Ints
from apps.metrics.sampling import places_of_least

WIDTH = 64
TOP = 3


def summarise(block: Block) -> Block:
    """Return the buckets of 64 rows (or 64 buckets) of a block; the last may have fewer."""
    starts = np.arange(0, len(block), WIDTH)
    ends = np.append(starts[1:], len(block)) - 1
    last_steps = block.shared.get(Part.LAST_STEP, block.steps)
    last_times = block.shared.get(Part.LAST_TIME, block.times)
    spans = block.shared.get(Part.SPAN, np.ones(len(block), np.int64))
    shared: dict[Part, Numbers] = {
        Part.NUMBER: block.numbers[starts],
        Part.STEP: np.minimum.reduceat(block.steps, starts),
        Part.TIME: np.minimum.reduceat(block.times, starts),
        Part.SPAN: np.add.reduceat(spans, starts),
        Part.LAST_STEP: np.maximum.reduceat(last_steps, starts),
        Part.LAST_TIME: np.maximum.reduceat(last_times, starts),
        Part.LAST_NUMBER: block.shared.get(Part.LAST_NUMBER, block.numbers)[ends],
    }
    summary = Block(shared)
    for names, rows in patterns(block):
        groups, group_starts = _group(rows, starts)
        present = None if len(groups) == len(starts) else groups
        for name in names:
            parts = _bucket_parts(block, block.columns[name])
            column = Column(_fold(parts, group_starts), present)
            summary.columns[name] = _without_common(summary, column)
    return summary


def _without_common(summary: Block, column: Column) -> Column:
    """Leave out a key's own steps and times where they are those of all keys."""
    for own, common in OWN_PARTS.items():
        values = summary.shared[common]
        values = values if column.rows is None else values[column.rows]
        if np.array_equal(column.parts[own], values):
            del column.parts[own]
    return column


def _group(rows: Ints | None, starts: Ints) -> tuple[Ints, Ints]:
    """Return the buckets that a key is in, and where the values of each begin among the key's."""
    if rows is None:
        return np.arange(len(starts)), starts
    buckets = rows // WIDTH
    firsts = np.flatnonzero(np.append(True, buckets[1:] != buckets[:-1]))
    return buckets[firsts], firsts


def _bucket_parts(block: Block, column: Column) -> dict[Part, Numbers]:
    """Return a key's arrays as buckets: a row is a bucket of one value."""
    if Part.VALUE not in column.parts:
        return {**column.parts, **{part: block.own(column, part) for part in OWN_PARTS}}
    values: Floats = column.parts[Part.VALUE]
    steps = block.steps if column.rows is None else block.steps[column.rows]
    times = block.times if column.rows is None else block.times[column.rows]
    finite = np.isfinite(values)
    clean = values if finite.all() else np.where(finite, values, np.nan)
    return {
        **dict.fromkeys((Part.MIN, Part.MAX, Part.MEAN), clean),
        **dict.fromkeys((Part.FIRST, Part.LAST), values),
        **dict.fromkeys((Part.MIN_STEP, Part.MAX_STEP, Part.OWN_STEP, Part.OWN_LAST_STEP), steps),
        **dict.fromkeys((Part.MIN_TIME, Part.MAX_TIME, Part.OWN_TIME, Part.OWN_LAST_TIME), times),
        Part.COUNT: np.ones(len(values), np.int64),
        Part.ODD: (~finite).astype(np.int64),
    }


def _fold(parts: dict[Part, Numbers], starts: Ints) -> dict[Part, Numbers]:
    """Fold a key's buckets into those that begin at `starts`."""
    count = len(parts[Part.COUNT])
    ends = np.append(starts[1:], count) - 1
    counts = np.add.reduceat(parts[Part.COUNT], starts)
    odd = np.add.reduceat(parts[Part.ODD], starts)
    lowest = places_of_least(parts[Part.MIN], starts)
    highest = places_of_least(-parts[Part.MAX], starts)
    folded: dict[Part, Numbers] = {
        Part.MIN: parts[Part.MIN][lowest],
        Part.MAX: parts[Part.MAX][highest],
        Part.MEAN: _fold_means(parts, starts, counts - odd),
        Part.FIRST: parts[Part.FIRST][starts],
        Part.LAST: parts[Part.LAST][ends],
        Part.COUNT: counts,
        Part.ODD: odd,
        Part.MIN_STEP: parts[Part.MIN_STEP][lowest],
        Part.MAX_STEP: parts[Part.MAX_STEP][highest],
        Part.MIN_TIME: parts[Part.MIN_TIME][lowest],
        Part.MAX_TIME: parts[Part.MAX_TIME][highest],
        Part.OWN_STEP: parts[Part.OWN_STEP][starts],
        Part.OWN_TIME: parts[Part.OWN_TIME][starts],
        Part.OWN_LAST_STEP: parts[Part.OWN_LAST_STEP][ends],
        Part.OWN_LAST_TIME: parts[Part.OWN_LAST_TIME][ends],
    }
    return folded


def _fold_means(parts: dict[Part, Numbers], starts: Ints, counts: Ints) -> Floats:
    """Return the mean of each group's finite values, as precise as a picture needs (float32)."""
    weights = (parts[Part.COUNT] - parts[Part.ODD]).astype(np.float64)
    with np.errstate(all="ignore"):
        # The weight first: a sum of great values may leave float64 where their mean does not.
        shares = weights / np.repeat(counts, np.diff(np.append(starts, len(weights))))
        terms = np.where(weights > 0, parts[Part.MEAN] * shares, 0.0)
        means = np.where(counts > 0, np.add.reduceat(terms, starts), np.nan)
        narrow = means.astype(np.float32).astype(np.float64)
    return np.where(np.isfinite(narrow) | np.isnan(means), narrow, means)
