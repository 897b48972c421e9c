"""What happens to odd input: the table in docs/metrics.md, line by line."""

from __future__ import annotations

import math
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from apps.core.errors import Conflict, Gone
from apps.metrics import sealing, store
from apps.metrics.models import Batch, Stream, Tile
from apps.metrics.store import Query
from apps.runs import services as run_services
from apps.runs.models import Run, RunDocument
from tests.conftest import Cast
from tests.factories import make_run

STREAM = uuid4()


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel)


@pytest.fixture(params=["waiting", "sealed"])
def settle(request: pytest.FixtureRequest, run: Run) -> Any:
    """Leave rows as they came, or put them into tiles: no reader may see a difference."""
    return (lambda: sealing.seal_run(run.pk)) if request.param == "sealed" else (lambda: None)


def append(run: Run, *steps: int, stream: Any = STREAM, **fields: Any) -> None:
    record = {"kind": "rows", "steps": list(steps), **fields}
    answer = store.append(run=run, stream=stream, records=[record])
    assert answer.refused == []


def line(run: Run, key: str = "loss", **query: Any) -> list[tuple[float, str]]:
    found = store.read(Query([store.refer(run)], [key], **query)).series
    return [(x, repr(y)) for s in found for x, y in zip(s.x.tolist(), s.y.tolist(), strict=True)]


def values_by_step(run: Run) -> dict[int, dict[str, Any]]:
    rows, following = store.rows(run=run, low=-(2**63), high=2**63 - 1, keys=None, limit=1000)
    assert following is None
    return {row.step: row.values for row in rows}


def test_nan_and_infinities_come_back_and_are_counted(run: Run, settle: Any) -> None:
    append(run, 0, 1, 2, 3, columns={"loss": ["NaN", "Infinity", "-Infinity", 2]})
    settle()
    assert line(run) == [(0, "nan"), (1, "inf"), (2, "-inf"), (3, "2.0")]
    head = store.summary(run=run)["keys"]["loss"]
    assert (head["nan"], head["inf"], head["count"]) == (1, 2, 4)
    assert (head["min"], head["max"], head["mean"]) == (2, 2, 2)
    (series,) = store.read(Query([store.refer(run)], ["loss"])).series
    assert (series.nan, series.total) == (3, 4)


def test_the_later_row_of_a_step_wins_and_both_are_kept(run: Run, settle: Any) -> None:
    append(run, 0, 1, 1, columns={"loss": [1, 2, 3]})
    settle()
    append(run, 0, columns={"loss": [4]})
    settle()
    assert line(run) == [(0, "4.0"), (1, "3.0")]
    assert values_by_step(run) == {0: {"loss": 4}, 1: {"loss": 3}}
    assert sum(len(block) for _, block in store.history(run=run)) == 4


def test_other_keys_of_a_step_are_one_row(run: Run, settle: Any) -> None:
    append(run, 5, columns={"loss": [1]})
    append(run, 5, columns={"acc": [2]}, objects={"note": [[0, "x"]]})
    append(run, 5, columns={"rank1/loss": [3]}, stream=uuid4())
    settle()
    assert values_by_step(run) == {5: {"loss": 1, "acc": 2, "note": "x", "rank1/loss": 3}}


def test_late_rows_take_their_place(run: Run, settle: Any) -> None:
    append(run, 10, 11, 12, columns={"loss": [10, 11, 12]})
    settle()
    append(run, 3, 1, 2, columns={"loss": [3, 1, 2]}, stream=uuid4())
    settle()
    assert [x for x, _ in line(run)] == [1, 2, 3, 10, 11, 12]


def test_a_newer_writer_wins_on_the_same_step(run: Run, settle: Any) -> None:
    append(run, 1, 2, columns={"loss": [1, 2]})
    append(run, 2, 3, columns={"loss": [20, 30]}, stream=uuid4())
    settle()
    append(run, 1, columns={"loss": [1]})
    assert line(run) == [(1, "1.0"), (2, "20.0"), (3, "30.0")]


@pytest.mark.parametrize("step", [-1, -(2**63), 2**63 - 1])
def test_negative_and_extreme_steps_are_stored_and_shown(run: Run, settle: Any, step: int) -> None:
    append(run, step, columns={"loss": [1]})
    settle()
    assert list(values_by_step(run)) == [step]
    assert line(run) == [(float(step), "1.0")]


def test_bools_are_numbers_in_charts_and_bools_in_rows(run: Run, settle: Any) -> None:
    append(run, 0, 1, objects={"done": [[0, False], [1, True]]})
    settle()
    assert line(run, "done") == [(0, "0.0"), (1, "1.0")]
    assert values_by_step(run) == {0: {"done": False}, 1: {"done": True}}
    head = store.summary(run=run)["keys"]["done"]
    assert (head["type"], head["last"]) == ("bool", True)


@pytest.mark.parametrize("number", [2**53 + 1, -(2**63), 10**30])
def test_integers_beyond_float_are_exact_in_rows(run: Run, settle: Any, number: int) -> None:
    append(run, 0, columns={"n": [number]})
    settle()
    assert values_by_step(run) == {0: {"n": number}}
    assert line(run, "n") == [(0, repr(float(number)))]
    head = store.summary(run=run)["keys"]["n"]
    assert (head["type"], head["last"], head["count"]) == ("number", number, 1)


@pytest.mark.parametrize("value", ["text", ["a", 1, None], {"a": {"b": [1.5]}}, None, "", "nul \0"])
def test_other_values_are_in_rows_and_not_in_charts(run: Run, settle: Any, value: Any) -> None:
    append(run, 0, objects={"note": [[0, value]]})
    settle()
    assert values_by_step(run) == {0: {"note": value}}
    assert line(run, "note") == []


def test_nan_within_an_object_is_kept(run: Run, settle: Any) -> None:
    append(run, 0, objects={"note": [[0, {"a": [math.nan, math.inf]}]]})
    settle()
    assert repr(values_by_step(run)[0]["note"]) == repr({"a": [math.nan, math.inf]})


def test_a_key_that_was_number_and_text_is_mixed(run: Run, settle: Any) -> None:
    append(run, 0, columns={"x": [1]})
    settle()
    append(run, 1, objects={"x": [[0, "one"]]})
    settle()
    assert values_by_step(run) == {0: {"x": 1}, 1: {"x": "one"}}
    assert line(run, "x") == [(0, "1.0")]
    assert store.summary(run=run)["keys"]["x"]["type"] == "mixed"


@pytest.mark.parametrize(
    "key", ["a/b.c d", "损失 🎉", "line\nbreak", "x" * 512, "\x01", "%s", "'\"--"]
)
def test_keys_are_not_rewritten(run: Run, settle: Any, key: str) -> None:
    append(run, 0, columns={key: [1]})
    settle()
    assert line(run, key) == [(0, "1.0")]
    assert list(store.summary(run=run)["keys"]) == [key]
    sealing.count_run(run.pk)
    assert store.keys(project_id=run.project_id) == {key: 1}


@pytest.mark.parametrize("at", [0.0, 1.0, 4e9])
def test_times_are_stored_as_they_were_sent(run: Run, settle: Any, at: float) -> None:
    append(run, 0, times=[at], columns={"loss": [1]})
    settle()
    assert line(run, axis="time") == [(at, "1.0")]
    assert sealing.seal_run(run.pk)
    assert line(run, axis="relative") == [(0, "1.0")]
    append(run, 1, times=[at + 5], columns={"loss": [2]})
    assert sealing.seal_run(run.pk)
    assert line(run, axis="relative") == [(0, "1.0"), (5, "2.0")]
    skew = store.summary(run=run)["clock_skew_s"]
    received = Tile.objects.latest("received_at").received_at.timestamp()
    assert skew == pytest.approx(received - at - 5, abs=5)


def test_a_run_may_have_no_more_than_its_number_of_keys(
    run: Run, settle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "MAX_KEYS", 3)
    append(run, 0, columns={"a": [1], "b": [2]})
    append(run, 1, columns={"a": [3], "c": [4], "d": [5], "e": [6]})
    settle()
    sealing.count_run(run.pk)
    summary = store.summary(run=run)
    assert list(summary["keys"]) == ["a", "b", "c"]
    assert summary["left_out_points"] == 2
    assert sealing.seal_run(run.pk)
    append(run, 2, columns={"a": [7], "f": [8]})
    assert sealing.seal_run(run.pk)
    assert values_by_step(run) == {0: {"a": 1, "b": 2}, 1: {"a": 3, "c": 4}, 2: {"a": 7}}
    assert store.summary(run=run)["left_out_points"] == 3


# --- Taking rows back --------------------------------------------------------------------------
def test_a_run_goes_back_to_a_step(run: Run, settle: Any) -> None:
    append(run, *range(10), columns={"loss": list(range(10)), "late": [None] * 8 + [1, 2]})
    settle()
    store.truncate(run=run, step=5)
    append(run, 5, 6, columns={"loss": [50, 60]})
    settle()
    expected = [(float(n), f"{n}.0") for n in range(5)] + [(5, "50.0"), (6, "60.0")]
    assert line(run) == expected
    summary = store.summary(run=run)["keys"]
    assert list(summary) == ["loss"]
    assert (summary["loss"]["count"], summary["loss"]["max"]) == (7, 60)
    sealing.seal_run(run.pk)
    run.refresh_from_db()
    assert run.last_step == 6
    assert RunDocument.objects.get(run=run).summary == {"loss": 60}


def test_going_back_leaves_system_samples_and_lines(run: Run, settle: Any) -> None:
    records: list[dict[str, Any]] = [
        {"kind": "rows", "steps": [0, 1], "columns": {"loss": [0, 1]}},
        {"kind": "system", "steps": [0, 1], "columns": {"cpu": [5, 6]}},
        {"kind": "console", "lines": [[0, 1.0, "stdout", "a"], [1, 2.0, "stdout", "b"]]},
    ]
    store.append(run=run, stream=STREAM, records=records)
    settle()
    store.truncate(run=run, step=-10)
    assert line(run) == []
    assert line(run, "cpu", kind=store.Kind.SYSTEM) == [(0, "5.0"), (1, "6.0")]
    assert store.console(run=run).total == 2
    assert store.summary(run=run)["keys"] == {}


def test_going_back_to_where_one_is_changes_nothing(run: Run) -> None:
    append(run, 0, 1, columns={"loss": [1, 2]})
    store.truncate(run=run, step=2)
    store.truncate_stream(run=run, stream=STREAM, row=2)
    store.truncate_stream(run=run, stream=uuid4(), row=0)
    assert line(run) == [(0, "1.0"), (1, "2.0")]


def test_a_stream_goes_back_to_a_row(run: Run, settle: Any) -> None:
    append(run, 0, 1, 2, columns={"loss": [0, 1, 2]})
    settle()
    append(run, 3, 4, columns={"loss": [3, 4]})
    append(run, 3, columns={"other": [1]}, stream=uuid4())
    settle()
    store.truncate_stream(run=run, stream=STREAM, row=2)
    append(run, 2, columns={"loss": [20]})
    settle()
    assert line(run) == [(0, "0.0"), (1, "1.0"), (2, "20.0")]
    assert line(run, "other") == [(3, "1.0")]
    assert Stream.objects.get(uuid=STREAM).next_row == 3


def replace(run: Run, first: int, *steps: int, **fields: Any) -> None:
    record = {"kind": "rows", "steps": list(steps), "times": [1.8e9] * len(steps), **fields}
    store.replace(run=run, stream=STREAM, first_row=first, record=record)


def test_content_from_a_row_on_replaces(run: Run, settle: Any) -> None:
    replace(run, 0, 0, 1, 2, columns={"loss": [0, 1, 2]})
    settle()
    replace(run, 2, 2, 3, columns={"loss": [20, 30]})
    settle()
    assert line(run) == [(0, "0.0"), (1, "1.0"), (2, "20.0"), (3, "30.0")]
    assert Stream.objects.get().next_row == 4


def test_equal_content_changes_nothing(run: Run, settle: Any) -> None:
    fields = {"columns": {"loss": [0, "NaN", None]}, "objects": {"note": [[1, {"a": 1}]]}}
    replace(run, 0, 0, 1, 2, **fields)
    settle()
    before = (list(Tile.objects.values_list("pk")), list(Batch.objects.values_list("pk")))
    replace(run, 0, 0, 1, 2, **fields)
    replace(run, 1, 1, columns={"loss": ["NaN"]}, objects={"note": [[0, {"a": 1}]]})
    assert (list(Tile.objects.values_list("pk")), list(Batch.objects.values_list("pk"))) == before
    replace(
        run, 0, 0, 1, 2, 3, columns={"loss": [0, "NaN", None, 3]}, objects={"note": [[1, {"a": 1}]]}
    )
    assert Stream.objects.get().next_row == 4
    assert line(run) == [(0, "0.0"), (1, "nan"), (3, "3.0")]


@pytest.mark.parametrize(
    "fields",
    [
        {"columns": {"loss": [0, 1.5]}},
        {"columns": {"loss": [0, None]}},
        {"columns": {"loss": [0, 1], "acc": [None, 1]}},
        {"columns": {"loss": [0, 1]}, "objects": {"note": [[1, "x"]]}},
    ],
)
def test_any_difference_replaces(run: Run, fields: dict[str, Any]) -> None:
    replace(run, 0, 0, 1, columns={"loss": [0, 1]})
    replace(run, 0, 0, 1, **fields)
    expected = {"loss": 0.0}
    assert values_by_step(run)[0] == expected
    assert values_by_step(run)[1] != {"loss": 1.0}
    assert Stream.objects.get().next_row == 2


def test_content_beyond_the_end_is_refused(run: Run) -> None:
    replace(run, 0, 0, columns={"loss": [0]})
    with pytest.raises(Conflict) as caught:
        replace(run, 2, 2, columns={"loss": [2]})
    assert caught.value.code == "row_ahead"


# --- Deleted runs ------------------------------------------------------------------------------
def test_rows_of_a_deleted_run_are_refused_and_kept_with_it(run: Run) -> None:
    append(run, 0, columns={"loss": [1]})
    run_services.delete_run(run=run)
    with pytest.raises(Gone):
        append(run, 1, columns={"loss": [2]})
    sealing.count_run(run.pk)
    assert store.keys(project_id=run.project_id) == {}
    run_services.restore_run(run=run)
    assert line(run) == [(0, "1.0")]
    assert store.keys(project_id=run.project_id) == {"loss": 1}
    run.delete()
    assert not Stream.objects.exists()


def test_many_points_at_one_step_are_rows_too(run: Run, settle: Any) -> None:
    append(
        run, *[7] * 50, times=np.arange(1, 51, dtype=float).tolist(), columns={"m": list(range(50))}
    )
    settle()
    assert sum(len(block) for _, block in store.history(run=run)) == 50
    assert line(run, "m") == [(7, "49.0")]
