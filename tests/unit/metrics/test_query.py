"""Lines over steps, time and other keys; groups of runs."""

from __future__ import annotations

import math
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from apps.metrics import sealing, store
from apps.metrics.frame import Series
from apps.metrics.store import Query
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_project, make_run


@pytest.fixture(params=["waiting", "counted", "sealed"])
def settle(request: pytest.FixtureRequest) -> Any:
    actions = {
        "waiting": lambda run: None,
        "counted": sealing.count_run,
        "sealed": sealing.seal_run,
    }
    return lambda run: actions[request.param](run.pk)


def write(run: Run, steps: list[int], times: list[float] | None = None, **columns: Any) -> Run:
    record = {"kind": "rows", "steps": steps, "columns": columns}
    if times is not None:
        record["times"] = times
    assert store.append(run=run, stream=uuid4(), records=[record]).refused == []
    return run


def ask(*runs: Run, keys: tuple[str, ...] = ("loss",), **query: Any) -> list[Series]:
    return store.read(Query([store.refer(run) for run in runs], keys, **query)).series


def points(series: Series) -> list[tuple[float, float]]:
    return list(zip(series.x.tolist(), series.y.tolist(), strict=True))


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel)


def test_windows_are_inclusive_on_every_axis(run: Run, settle: Any) -> None:
    write(run, [0, 1, 2, 3], [100, 101, 102, 103], loss=[0, 1, 2, 3], x=[0, 10, 20, 30])
    settle(run)
    for axis, low, high in (
        *(("step", 1, 2), ("time", 101, 102)),
        *(("relative", 1, 2), ("x", 10, 20)),
    ):
        (series,) = ask(run, axis=axis, low=low, high=high)
        assert series.y.tolist() == [1, 2]
        assert series.total == 2
    assert ask(run, low=4) == []


def test_time_is_sorted_when_clocks_jump(run: Run, settle: Any) -> None:
    write(run, [0, 1, 2], [102, 100, 101], loss=[0, 1, 2])
    settle(run)
    assert points(ask(run, axis="time")[0]) == [(100, 1), (101, 2), (102, 0)]


def test_relative_time_begins_with_the_first_row_of_any_key(run: Run, settle: Any) -> None:
    write(run, [0, 1], [100, 110], loss=[None, 5], other=[1, None])
    settle(run)
    answer = store.read(Query([store.refer(run)], ["loss"], axis="relative", low=5))
    assert points(answer.series[0]) == [(10, 5)]
    assert answer.zeros == {run.uid: 100}


def test_system_time_is_relative_to_the_rows(run: Run, settle: Any) -> None:
    record = {"kind": "system", "steps": [0, 1], "times": [90, 105], "columns": {"cpu": [1, 2]}}
    store.append(run=run, stream=uuid4(), records=[record])
    write(run, [0], [100], loss=[1])
    sealing.count_run(run.pk)
    settle(run)
    (series,) = ask(run, keys=("cpu",), axis="relative", kind=store.Kind.SYSTEM)
    assert points(series) == [(-10, 1), (5, 2)]


def test_another_key_is_joined_by_row_or_the_last_value_before(run: Run, settle: Any) -> None:
    write(run, [0, 1, 2, 3, 4], loss=[0, 1, 2, 3, 4], epoch=[None, 1, None, 2, None])
    settle(run)
    (series,) = ask(run, axis="epoch")
    assert points(series) == [(1, 1), (1, 2), (2, 3), (2, 4)]
    assert (series.dropped, series.total) == (1, 4)


def test_another_key_s_nan_is_dropped_and_its_order_does_not_matter(run: Run, settle: Any) -> None:
    write(run, [0, 1, 2, 3], loss=[0, 1, 2, 3], x=[9, "NaN", 3, "Infinity"])
    settle(run)
    (series,) = ask(run, axis="x")
    assert points(series) == [(3, 2), (9, 0)]
    assert series.dropped == 2


def test_another_key_from_another_writer_is_joined_by_step(run: Run, settle: Any) -> None:
    write(run, [0, 10, 20], loss=[0, 1, 2])
    write(run, [0, 5, 15], tokens=[100, 200, 300])
    settle(run)
    assert points(ask(run, axis="tokens")[0]) == [(100, 0), (200, 1), (300, 2)]


def test_without_the_key_on_x_there_is_no_line(run: Run) -> None:
    write(run, [0], loss=[1])
    assert ask(run, axis="nowhere") == []


def test_lines_come_in_the_order_asked_and_missing_ones_are_left_out(
    cast: Cast, settle: Any
) -> None:
    runs = [make_run(cast.mnist, cast.mel) for _ in range(3)]
    other = make_run(make_project(cast.acme, "other", cast.ann), cast.ann)
    write(runs[0], [0], loss=[1], acc=[2])
    write(runs[2], [0], loss=[3])
    write(other, [0], acc=[4])
    for run in (*runs, other):
        settle(run)
    found = ask(other, runs[2], runs[1], runs[0], keys=("acc", "none", "loss"))
    assert [(series.run, series.key, series.y.tolist()) for series in found] == [
        (other.uid, "acc", [4]),
        (runs[2].uid, "loss", [3]),
        (runs[0].uid, "acc", [2]),
        (runs[0].uid, "loss", [1]),
    ]


def test_keys_of_the_same_rows_share_their_x(run: Run, settle: Any) -> None:
    rows = list(range(10))
    write(run, rows, loss=rows, acc=rows, eval=[1, *[None] * 9], test=[2, *[None] * 9])
    settle(run)
    for axis in ("step", "relative"):
        found = {s.key: s for s in ask(run, keys=("loss", "acc", "eval", "test"), axis=axis)}
        assert found["loss"].x is found["acc"].x
        assert found["eval"].x is found["test"].x
        assert found["eval"].x is not found["loss"].x


def test_groups_are_one_line_an_aggregate(cast: Cast, settle: Any) -> None:
    runs = [make_run(cast.mnist, cast.mel) for _ in range(4)]
    for run, values in zip(runs, ([1, 2], [3, 5], [8, 5], [0, "NaN"]), strict=True):
        write(run, [0, 10], loss=values)
        settle(run)
    members = [store.refer(run) for run in runs]
    query = Query([], ["loss"], groups=[("a", members[:3]), ("b", members[3:]), ("c", [])])
    found = {(series.group, series.agg): series for series in store.read(query).series}
    assert found["a", "mean"].y.tolist() == [4, 4]
    assert found["a", "n"].y.tolist() == [3, 3]
    assert found["a", "std"].y.tolist() == pytest.approx([math.sqrt(13), math.sqrt(3)])
    assert found["b", "mean"].y.tolist() == [0]
    assert (found["b", "mean"].total, found["b", "mean"].nan) == (2, 1)
    assert found["a", "mean"].x is found["a", "n"].x
    assert {group for group, _ in found} == {"a", "b"}


def test_a_group_of_long_runs_misses_no_spike(cast: Cast) -> None:
    members = []
    for number in range(3):
        run = make_run(cast.mnist, cast.mel)
        values = np.zeros(200_000)
        values[1000 * number + 77] = 10 + number
        record = {
            "kind": "rows",
            "steps": {"start": 0, "stride": 1},
            "times": np.full(200_000, 1.8e9).tobytes(),
            "columns": {"loss": values.tobytes()},
        }
        store.append(run=run, stream=uuid4(), records=[record])
        sealing.seal_run(run.pk)
        members.append(store.refer(run))
    query = Query([], ["loss"], groups=[("all", members)], points=500)
    found = {series.agg: series for series in store.read(query).series}
    assert found["max"].level == 1
    assert len(found["max"].x) <= 500
    assert sorted(found["max"].y.tolist())[-3:] == [10, 11, 12]
    assert set(found["n"].y.tolist()) == {3}
