"""Statistics that are folded block by block equal those of all values at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics import heads
from apps.metrics.blocks import gather, types_of
from apps.metrics.heads import Heads
from apps.metrics.records import Rows
from apps.metrics.wire import read_record

VALUES = st.one_of(
    st.floats(-1e9, 1e9), st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308])
)


def fold(of: Heads, *records: dict[str, Any]) -> None:
    """Count rows as they come in one block."""
    pieces = []
    for record in records:
        rows = read_record({"kind": "rows", **record})
        assert isinstance(rows, Rows), rows
        pieces.append((0, rows.stored))
    block = gather(pieces)
    names = sorted({*block.columns, *block.objects})
    heads.fold(of, block, {name: 1 + place for place, name in enumerate(names)}, types_of(pieces))


def described(of: Heads) -> dict[str, Any]:
    (head,) = heads.describe(heads.unpack(heads.pack(of)), {1: "x"}).values()
    return head


@given(st.lists(st.lists(VALUES, min_size=1, max_size=20), min_size=1, max_size=6))
def test_numbers(batches: list[list[float]]) -> None:
    of, step = Heads(), 0
    for batch in batches:
        fold(of, {"steps": list(range(step, step + len(batch))), "columns": {"x": batch}})
        step += len(batch)
    head = described(of)
    values = [value for batch in batches for value in batch]
    finite = [value for value in values if math.isfinite(value)]
    assert (head["count"], head["type"]) == (len(values), "number")
    assert head["nan"] == sum(map(math.isnan, values))
    assert head["inf"] == sum(map(math.isinf, values))
    assert (repr(head["first"]), repr(head["last"])) == (repr(values[0]), repr(values[-1]))
    if not finite:
        assert (head["min"], head["max"], head["mean"], head["std"]) == (None,) * 4
        return
    assert (head["min"], head["max"]) == (min(finite), max(finite))
    assert head["min_step"] == values.index(min(finite))
    assert head["max_step"] == values.index(max(finite))
    scale = max(map(abs, finite))
    assert head["mean"] == pytest.approx(
        math.fsum(value / len(finite) for value in finite), rel=1e-9, abs=1e-9 * scale
    )
    if scale < 1e100:
        assert head["std"] == pytest.approx(np.std(finite), rel=1e-6, abs=1e-6 * scale)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([1, 2.5], "number"),
        ([True, False], "bool"),
        ([True, 1], "number"),
        (["a"], "text"),
        ([None], "null"),
        ([None, "a"], "text"),
        ([None, 1], "number"),
        ([[1]], "json"),
        ([{}], "json"),
        ([1, "a"], "mixed"),
        (["a", {}], "mixed"),
        ([True, "a"], "mixed"),
        ([2**60], "number"),
    ],
)
def test_types(values: list[Any], name: str) -> None:
    together, apart = Heads(), Heads()
    fold(together, {"steps": list(range(len(values))), "objects": {"x": pairs(values)}})
    for step, value in enumerate(values):
        fold(apart, {"steps": [step], "objects": {"x": pairs([value])}})
    assert described(together)["type"] == described(apart)["type"] == name
    assert described(apart)["count"] == len(values)


def pairs(values: list[Any]) -> list[list[Any]]:
    return [[row, value] for row, value in enumerate(values)]


@pytest.mark.parametrize("value", [True, False, "text", {"a": [1]}, 2**60 + 1, 0.5])
def test_the_last_value_comes_back_as_it_is(value: Any) -> None:
    of = Heads()
    fold(of, {"steps": [4], "objects": {"x": [[0, value]]}})
    assert described(of)["last"] == value
    assert type(described(of)["last"]) is type(value)


def test_first_and_last_go_by_step_not_by_arrival() -> None:
    of = Heads()
    fold(of, {"steps": [5, 9, 7], "columns": {"x": [5, 9, 7]}})
    fold(of, {"steps": [2, 8], "columns": {"x": [2, 8]}})
    head = described(of)
    assert (head["first"], head["last"], head["last_step"]) == (2, 9, 9)


def test_of_one_step_the_later_row_counts() -> None:
    of = Heads()
    fold(of, {"steps": [1, 1, 3, 3], "columns": {"x": [10, 11, 30, 31]}})
    assert (described(of)["first"], described(of)["last"]) == (11, 31)
    fold(of, {"steps": [1, 3], "columns": {"x": [12, 32]}})
    assert (described(of)["first"], described(of)["last"]) == (12, 32)


def test_of_a_mixed_key_the_later_step_is_last() -> None:
    of = Heads()
    fold(of, {"steps": [1, 2], "columns": {"x": [1, None]}, "objects": {"x": [[1, "two"]]}})
    assert described(of)["last"] == "two"
    fold(of, {"steps": [3], "columns": {"x": [3]}})
    assert (described(of)["last"], described(of)["last_step"]) == (3, 3)


def test_a_long_last_text_is_left_to_the_rows() -> None:
    of = Heads()
    fold(of, {"steps": [1], "objects": {"x": [[0, "x" * 5000]]}})
    assert (described(of)["last"], described(of)["last_step"]) == (None, 1)
