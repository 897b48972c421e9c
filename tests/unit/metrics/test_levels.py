"""Buckets that stand for rows: nothing that shows in a picture is lost."""

from __future__ import annotations

import numpy as np
import pytest

from apps.metrics import levels, tiles
from apps.metrics.blocks import Block, Column, Part, concat


def block(rows: int, start: int = 0, every: int = 1) -> Block:
    """Return rows with a noisy key, and one that every so many rows have."""
    rng = np.random.default_rng(start)
    sparse = np.arange(0, rows, every)
    return Block(
        {
            Part.NUMBER: np.arange(start, start + rows),
            Part.STEP: np.arange(start, start + rows) * 10,
            Part.TIME: 1.8e9 + np.arange(start, start + rows) * 0.5,
        },
        {
            "noise": Column({Part.VALUE: rng.normal(size=rows)}),
            "rare": Column({Part.VALUE: rng.normal(size=len(sparse))}, sparse),
        },
    )


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 5000])
def test_level_one_is_what_its_rows_are(rows: int) -> None:
    source = block(rows, every=7)
    level = levels.summarise(source)
    assert len(level) == -(-rows // 64)
    for name, column in source.columns.items():
        values = column.parts[Part.VALUE]
        places = np.arange(rows) if column.rows is None else column.rows
        summary = level.columns[name]
        buckets = range(len(level)) if summary.rows is None else summary.rows.tolist()
        for place, bucket in enumerate(buckets):
            own = places // 64 == bucket
            inside, steps = values[own], source.steps[places[own]]
            found = {part: array[place] for part, array in summary.parts.items()}
            assert (found[Part.MIN], found[Part.MAX]) == (inside.min(), inside.max())
            assert (found[Part.FIRST], found[Part.LAST]) == (inside[0], inside[-1])
            assert found[Part.MIN_STEP] == steps[inside.argmin()]
            assert found[Part.MAX_STEP] == steps[inside.argmax()]
            assert found[Part.COUNT] == len(inside)
            assert found[Part.MEAN] == pytest.approx(inside.mean(), rel=1e-5, abs=1e-6)
            assert level.own(summary, Part.OWN_STEP)[place] == steps[0]
            assert level.own(summary, Part.OWN_LAST_STEP)[place] == steps[-1]


def test_level_two_of_level_one_is_level_one_of_more_rows() -> None:
    source = block(4096 * 3 + 100, every=13)
    twice = levels.summarise(levels.summarise(source))
    assert twice.shared[Part.SPAN].tolist() == [4096, 4096, 4096, 100]
    for name, column in twice.columns.items():
        assert column.parts[Part.MIN].min() == source.columns[name].parts[Part.VALUE].min()
        assert column.parts[Part.COUNT].sum() == source.columns[name].count


def test_nan_and_infinities_are_counted_and_left_out() -> None:
    source = block(64)
    values = source.columns["noise"].parts[Part.VALUE].copy()
    values[[0, 5, 63]] = [np.nan, np.inf, -np.inf]
    source.columns["noise"].parts[Part.VALUE] = values
    found = {
        part: array[0] for part, array in levels.summarise(source).columns["noise"].parts.items()
    }
    finite = values[np.isfinite(values)]
    assert (found[Part.MIN], found[Part.MAX]) == (finite.min(), finite.max())
    assert (found[Part.COUNT], found[Part.ODD]) == (64, 3)
    assert np.isnan(found[Part.FIRST])
    assert found[Part.LAST] == -np.inf


def test_a_key_that_is_in_every_row_has_no_steps_of_its_own() -> None:
    level = levels.summarise(block(640, every=3))
    assert Part.OWN_STEP not in level.columns["noise"].parts
    assert Part.OWN_LAST_STEP in level.columns["rare"].parts


def test_levels_are_stored_like_rows() -> None:
    level = levels.summarise(concat([block(200, every=3), block(200, 200, every=90)]))
    ids = {"noise": 5, "rare": 9}
    sealed = tiles.encode(level, ids)
    back = tiles.decode(sealed.directory, sealed.payload, {5: "noise", 9: "rare"})
    assert (sealed.first_row, sealed.last_row, sealed.max_step) == (0, 399, 3990)
    for name, column in level.columns.items():
        for part, values in column.parts.items():
            assert back.columns[name].parts[part].tolist() == values.tolist()


def test_rows_and_levels_together_take_less_than_four_bytes_a_point() -> None:
    rng = np.random.default_rng(3)
    rows, keys = 5184, 50
    times = 1.8e9 + np.cumsum(rng.uniform(0.09, 0.11, rows))
    columns = {}
    for key in range(keys):
        curve = np.exp(-np.arange(rows) / 2000) + rng.normal(0, 0.02, rows)
        values = curve.astype(np.float32).astype(np.float64)
        columns[f"key {key}"] = Column({Part.VALUE: values})
    source = Block(
        {Part.NUMBER: np.arange(rows), Part.STEP: np.arange(rows), Part.TIME: times}, columns
    )
    ids = {name: 1 + place for place, name in enumerate(columns)}
    size = 0
    for sealed in (tiles.encode(source, ids), tiles.encode(levels.summarise(source), ids)):
        size += len(sealed.directory) + len(sealed.payload)
    assert size / (rows * keys) < 4
