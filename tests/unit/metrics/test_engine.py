"""The engine against a list of rows: whatever is appended, sealed and taken back, readers see the same."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.metrics import levels, sealing, shelf, store
from apps.metrics.store import Query
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_run
from tests.unit.metrics.plain import PlainRun

KEYS = ["loss", "eval/acc", "ключ 🎉", "note"]
VALUES = st.one_of(
    st.floats(-1e6, 1e6, width=32),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-1000, 1000),
)
OBJECTS = st.one_of(st.text(max_size=5), st.none(), st.lists(st.integers(0, 3), max_size=2))


@st.composite
def rows_of_one_request(draw: st.DrawFn) -> list[tuple[int, float, dict[str, Any]]]:
    count = draw(st.integers(1, 12))
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))
    first = draw(st.integers(-20, 60))
    regular = draw(st.booleans())
    rows = []
    for place in range(count):
        step = first + place if regular else draw(st.integers(-20, 60))
        chosen = keys if regular else draw(st.lists(st.sampled_from(KEYS), unique=True))
        values = {key: draw(OBJECTS if key == "note" else VALUES) for key in chosen}
        rows.append((step, draw(st.floats(1e9, 2e9)), values))
    return rows


ACTIONS = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 1), rows_of_one_request()),
    st.tuples(st.just("append"), st.integers(0, 1), rows_of_one_request()),
    st.tuples(st.just("append"), st.just(0), rows_of_one_request()),
    st.tuples(st.just("seal"), st.none(), st.none()),
    st.tuples(st.just("count"), st.none(), st.none()),
    st.tuples(st.just("finish"), st.none(), st.none()),
    st.tuples(st.just("truncate"), st.none(), st.integers(-20, 60)),
    st.tuples(st.just("truncate stream"), st.integers(0, 1), st.integers(0, 30)),
)


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make tiles full and levels begin after a few rows."""
    monkeypatch.setattr(shelf, "FULL_CELLS", 24)
    monkeypatch.setattr(shelf, "FULL_ROWS", 16)
    monkeypatch.setattr(shelf, "FAN", 3)
    monkeypatch.setattr(levels, "WIDTH", 4)


def as_record(rows: list[tuple[int, float, dict[str, Any]]]) -> dict[str, Any]:
    """Return rows as a client would send them."""
    columns: dict[str, tuple[list[int], list[float]]] = {}
    objects: dict[str, list[list[Any]]] = {}
    for place, (_, _, values) in enumerate(rows):
        for key, value in values.items():
            if isinstance(value, int | float):
                column = columns.setdefault(key, ([], []))
                column[0].append(place)
                column[1].append(float(value))
            else:
                objects.setdefault(key, []).append([place, value])
    return {
        "kind": "rows",
        "steps": np.array([step for step, _, _ in rows], np.int64).tobytes(),
        "times": np.array([time for _, time, _ in rows], np.float64).tobytes(),
        "columns": {
            key: {
                "rows": np.array(places, np.uint32).tobytes(),
                "values": np.array(values, np.float64).tobytes(),
            }
            for key, (places, values) in columns.items()
        },
        "objects": objects,
    }


@settings(
    max_examples=25,
    deadline=None,
    # Shrinking goes through the database: minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions=st.lists(ACTIONS, min_size=1, max_size=12))
def test_readers_see_what_was_written(
    cast: Cast, small_tiles: None, actions: list[tuple[str, Any, Any]]
) -> None:
    run, plain = make_run(cast.mnist, cast.mel), PlainRun()
    streams = [uuid4(), uuid4()]
    for action, which, value in actions:
        perform(run, plain, streams, action, which, value)
        compare_lines(run, plain)
    compare_rows(run, plain)
    compare_heads(run, plain)
    compare_pictures(run, plain)


def perform(
    run: Run, plain: PlainRun, streams: list[UUID], action: str, which: Any, value: Any
) -> None:
    if action == "append":
        answer = store.append(run=run, stream=streams[which], records=[as_record(value)])
        assert answer.refused == []
        plain.append(streams[which], value)
    elif action == "seal":
        assert sealing.seal_run(run.pk)
    elif action == "count":
        assert sealing.count_run(run.pk)
    elif action == "finish":
        Run.objects.filter(pk=run.pk).update(state=Run.State.FINISHED)
        assert sealing.seal_run(run.pk)
    elif action == "truncate":
        store.truncate(run=run, step=value)
        plain.truncate(value)
    else:
        store.truncate_stream(run=run, stream=streams[which], row=value)
        plain.truncate_stream(streams[which], value)


def compare_lines(run: Run, plain: PlainRun) -> None:
    """Every point, by step and by time."""
    answer = store.read(Query([store.refer(run)], KEYS, points=10_000))
    found = {series.key: series for series in answer.series}
    for key in KEYS:
        expected = plain.line(key)
        assert (key in found) == bool(expected)
        if expected:
            assert found[key].x.tolist() == [step for step, _, _ in expected]
            assert bits(found[key].y) == bits([value for _, _, value in expected])


def compare_rows(run: Run, plain: PlainRun) -> None:
    """Pages of exact rows, merged by step; and all rows as they came."""
    rows = []
    low: int | None = -(2**63)
    while low is not None:
        page, low = store.rows(run=run, low=low, high=2**63 - 1, keys=None, limit=7)
        rows += page
    expected = plain.merged()
    assert [(row.step, row.time) for row in rows] == [(step, time) for step, time, _ in expected]
    for row, (_, _, values) in zip(rows, expected, strict=True):
        assert repr(sorted(row.values.items())) == repr(sorted(values.items()))
    stored = sum(len(block) for _, block in store.history(run=run))
    assert stored == len(plain.rows)


def compare_heads(run: Run, plain: PlainRun) -> None:
    found = store.summary(run=run)["keys"]
    assert found.keys() == plain.keys()
    for key, head in found.items():
        rows = [row for row in plain.ordered if key in row.numbers]
        finite = plain.finite(key)
        odd = [v for v in (r.numbers[key] for r in rows) if not math.isfinite(v)]
        assert head["nan"] == sum(map(math.isnan, odd))
        assert head["inf"] == sum(map(math.isinf, odd))
        objects = sum(key in row.objects for row in plain.rows)
        assert head["count"] == len(rows) + objects
        if finite:
            assert (head["min"], head["max"]) == (min(finite), max(finite))
            exact = sum(map(Fraction, finite)) / len(finite)
            scale = max(map(abs, finite))
            assert head["mean"] == pytest.approx(float(exact), rel=1e-9, abs=1e-9 * scale)
        if rows:
            # Which of two streams wrote a step last is not defined here.
            last = [row.numbers[key] for row in rows if row.step == rows[-1].step]
            first = [row.numbers[key] for row in rows if row.step == rows[0].step]
            assert repr(head["first"]) in map(repr, first)
            assert head["last_step"] == rows[-1].step
            assert repr(head["last"]) in map(repr, last)


def compare_pictures(run: Run, plain: PlainRun) -> None:
    """A few points of many: all real, the extremes among them, none beyond the window."""
    for low, high in ((-math.inf, math.inf), (0, 30)):
        query = Query([store.refer(run)], KEYS, points=8, low=low, high=high)
        for series in store.read(query).series:
            inside = [(s, v) for s, _, v in plain.line(series.key) if low <= s <= high]
            assert len(series.x) <= 8
            drawn = [
                (x, repr(y)) for x, y in zip(series.x.tolist(), series.y.tolist(), strict=True)
            ]
            assert set(drawn) <= {(step, repr(value)) for step, value in inside}
            finite = [value for _, value in inside if math.isfinite(value)]
            if finite:
                assert np.nanmin(series.y[np.isfinite(series.y)]) == min(finite)
                assert np.nanmax(series.y[np.isfinite(series.y)]) == max(finite)


def bits(values: Any) -> list[int]:
    listed: list[int] = np.asarray(values, np.float64).view(np.int64).tolist()
    return listed
