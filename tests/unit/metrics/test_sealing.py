"""From waiting rows to tiles: when, how many, and never half."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from apps.core import clock
from apps.metrics import sealing, shelf, store, sweeping
from apps.metrics.blocks import Block, Column, Part
from apps.metrics.models import Batch, Head, Kind, Tile
from apps.metrics.store import Query
from apps.runs import services as run_services
from apps.runs.models import Run, RunDocument
from tests.conftest import Cast
from tests.factories import make_run


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel)


@pytest.fixture(autouse=True)
def new_sweeper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_counted", {})


def append(run: Run, stream: UUID, first: int, count: int, **values: Any) -> None:
    columns = values or {"loss": np.arange(first, first + count, dtype=float)}
    record = {
        "kind": "rows",
        "steps": {"start": first, "stride": 1},
        "times": (1.8e9 + np.arange(first, first + count) * 0.1).tobytes(),
        "columns": {key: np.asarray(column, float).tobytes() for key, column in columns.items()},
    }
    assert store.append(run=run, stream=stream, records=[record]).refused == []


def steps(run: Run) -> list[float]:
    found = store.read(Query([store.refer(run)], ["loss"], points=10_000_000)).series
    return found[0].x.tolist() if found else []


def test_what_is_new_is_counted_and_left_waiting(run: Run) -> None:
    append(run, uuid4(), 0, 3)
    sweeping.sweep()
    assert Batch.objects.count() == 1
    assert RunDocument.objects.get(run=run).summary == {"loss": 2}
    assert Run.objects.get(pk=run.pk).last_step == 2
    version = Head.objects.get().version
    sweeping.sweep()
    assert Head.objects.get().version == version
    append(run, uuid4(), 3, 1)
    sweeping.sweep()
    assert RunDocument.objects.get(run=run).summary == {"loss": 3}


def test_counting_takes_turns_when_time_is_short(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "COUNT_BUDGET_S", 0.0)
    runs = [make_run(cast.mnist, cast.mel) for _ in range(3)]
    for run in runs:
        append(run, uuid4(), 0, 1)
    for done in range(1, 4):
        sweeping.sweep()
        assert Head.objects.count() == done


def test_a_run_that_fails_does_not_keep_the_others_waiting(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs = [make_run(cast.mnist, cast.mel) for _ in range(3)]
    for run in runs:
        append(run, uuid4(), 0, 1)
    Batch.objects.filter(run=runs[1]).update(payload=b"\x01 no batch")
    Batch.objects.update(received_at=clock.now() - timedelta(seconds=31))
    sweeping.sweep()
    assert list(Batch.objects.values_list("run_id", flat=True)) == [runs[1].pk]
    assert f"sweep_failed run={runs[1].pk}" in caplog.text


@pytest.mark.parametrize(("batches", "rows"), [(64, 1), (1, 65_536)])
def test_what_has_gathered_is_sealed(run: Run, batches: int, rows: int) -> None:
    stream = uuid4()
    for place in range(batches - 1):
        append(run, stream, place * rows, rows)
    sweeping.sweep()
    assert Batch.objects.count() == batches - 1
    append(run, stream, (batches - 1) * rows, rows)
    sweeping.sweep()
    assert (Batch.objects.count(), Tile.objects.filter(level=0).count()) == (0, 1)


def test_what_has_waited_is_sealed(run: Run) -> None:
    append(run, uuid4(), 0, 1)
    Batch.objects.update(received_at=clock.now() - timedelta(seconds=31))
    sweeping.sweep()
    assert not Batch.objects.exists()


def test_what_lags_far_behind_is_logged(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    append(run, uuid4(), 0, 1)
    Batch.objects.update(received_at=clock.now() - timedelta(minutes=5))
    sweeping.sweep()
    assert "seal_lag" in caplog.text


@pytest.mark.parametrize("state", [Run.State.FINISHED, Run.State.CRASHED])
def test_an_ended_run_is_sealed(run: Run, state: str) -> None:
    append(run, uuid4(), 0, 1)
    Run.objects.filter(pk=run.pk).update(state=state)
    sweeping.sweep()
    assert not Batch.objects.exists()


def test_the_end_leaves_one_tile_a_stream_and_the_final_summary(run: Run) -> None:
    one, other = uuid4(), uuid4()
    for place in range(20):
        append(run, one, place * 5, 5)
        append(run, other, place * 5, 5, acc=[place] * 5)
        if place % 3 == 0:
            sealing.seal_run(run.pk)
    store.append(
        run=run,
        stream=one,
        records=[{"kind": "define", "key": "loss", "goal": "minimize"}],
    )
    run_services.finish_run(run=run, exit_code=0)
    assert Tile.objects.count() == 2
    assert steps(run) == list(range(100))
    statistics = RunDocument.objects.get(run=run).statistics
    assert (statistics["loss"]["best"], statistics["loss"]["max"]) == (0, 99)


def test_many_small_seals_leave_few_tiles(run: Run) -> None:
    stream = uuid4()
    for place in range(20):
        append(run, stream, place, 1)
        sealing.seal_run(run.pk)
        assert Tile.objects.count() < shelf.FAN
    assert steps(run) == list(range(20))


def test_ten_million_rows_end_in_about_150_tiles() -> None:
    """By the rule for a full tile, without making them."""
    block = Block(
        {Part.NUMBER: np.arange(100_000)}, {"loss": Column({Part.VALUE: np.zeros(100_000)})}
    )
    assert 10_000_000 / shelf.rows_of_full(block) == pytest.approx(152.6, abs=0.1)


def test_a_level_is_read_for_a_picture_of_many_points(run: Run) -> None:
    values = np.sin(np.arange(300_000) / 1000)
    values[123_456] = 77
    append(run, uuid4(), 0, 300_000, loss=values)
    sealing.seal_run(run.pk)
    assert set(Tile.objects.values_list("level", flat=True)) == {0, 1}
    (series,) = store.read(Query([store.refer(run)], ["loss"], points=1000)).series
    assert (series.level, series.total) == (1, 300_000)
    assert len(series.x) <= 1000
    assert (series.y.max(), series.x[series.y.argmax()]) == (77, 123_456)
    assert series.x[[0, -1]].tolist() == [0, 299_999]
    query = Query([store.refer(run)], ["loss"], low=123_000, high=123_900, points=1000)
    (closer,) = store.read(query).series
    assert (closer.level, closer.total) == (0, 901)
    assert closer.y.tolist() == values[123_000:123_901].tolist()


def test_a_key_of_few_rows_is_read_point_by_point(run: Run) -> None:
    stream = uuid4()
    record = {
        "kind": "rows",
        "steps": {"start": 0, "stride": 1},
        "times": np.full(200_000, 1.8e9).tobytes(),
        "columns": {
            "loss": np.zeros(200_000).tobytes(),
            "eval": {
                "rows": np.arange(0, 200_000, 1000, dtype=np.uint32).tobytes(),
                "values": np.arange(200, dtype=float).tobytes(),
            },
        },
    }
    store.append(run=run, stream=stream, records=[record])
    sealing.seal_run(run.pk)
    query = Query([store.refer(run)], ["loss", "eval"], points=1000)
    found = {series.key: series for series in store.read(query).series}
    assert found["loss"].level == 1
    assert (found["eval"].level, found["eval"].y.tolist()) == (0, list(range(200)))


def test_means_of_a_thinned_line(run: Run) -> None:
    values = np.arange(300_000.0)
    append(run, uuid4(), 0, 300_000, loss=values)
    for points in (1000, 100_000):
        query = Query([store.refer(run)], ["loss"], points=points, with_means=True)
        line, means = store.read(query).series
        assert (line.agg, means.agg) == (None, "mean")
        # The mean of a slice of a straight line is its middle.
        middles = means.x - 300_000 / (points // 4) / 2
        assert np.abs(means.y - middles).max() < 130
        sealing.seal_run(run.pk)


def test_killed_half_way_nothing_has_happened(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    append(run, uuid4(), 0, 5)

    def die(self: shelf.Shelf) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shelf.Shelf, "write", die)
        with pytest.raises(KeyboardInterrupt):
            sealing.seal_run(run.pk)
    assert (Batch.objects.count(), Tile.objects.count(), Head.objects.get().version) == (1, 0, 0)
    assert "loss" not in RunDocument.objects.get(run=run).summary
    assert steps(run) == list(range(5))
    assert sealing.seal_run(run.pk)
    assert steps(run) == list(range(5))


def test_a_sealer_that_is_overtaken_changes_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(run, uuid4(), 0, 5)
    put = shelf.Shelf.put

    def put_late(self: shelf.Shelf, *args: Any) -> None:
        put(self, *args)
        Head.objects.update(version=7)

    with monkeypatch.context() as patch:
        patch.setattr(shelf.Shelf, "put", put_late)
        assert not sealing.seal_run(run.pk)
    assert (Batch.objects.count(), Tile.objects.count()) == (1, 0)
    assert sealing.seal_run(run.pk)
    assert steps(run) == list(range(5))


def test_a_run_that_is_gone_is_no_work(run: Run) -> None:
    assert sealing.seal_run(run.pk + 1000)


def test_system_samples_keep_every_point_and_stay_out_of_the_summary(run: Run) -> None:
    record = {
        "kind": "system",
        "steps": [4, 4, 4],
        "times": [1, 2, 3],
        "columns": {"cpu": [7, 8, 9]},
    }
    store.append(run=run, stream=uuid4(), records=[record])
    for _ in range(2):
        for axis, expected in (("step", [4, 4, 4]), ("time", [1, 2, 3])):
            query = Query([store.refer(run)], ["cpu"], axis=axis, kind=Kind.SYSTEM)
            (series,) = store.read(query).series
            assert (series.x.tolist(), series.y.tolist()) == (expected, [7, 8, 9])
        sealing.seal_run(run.pk)
    assert RunDocument.objects.get(run=run).summary == {}
    assert list(store.summary(run=run, kind=Kind.SYSTEM)["keys"]) == ["cpu"]
    assert store.keys(project_id=run.project_id, kind=Kind.SYSTEM) == {"cpu": 1}
    assert store.keys(project_id=run.project_id) == {}


def test_bytes_at_rest(run: Run) -> None:
    rng = np.random.default_rng(0)
    stream = uuid4()
    for place in range(10):
        curves = np.exp(-np.arange(place * 100, place * 100 + 100) / 500) + rng.normal(
            0, 0.02, (50, 100)
        )
        columns = {f"key {n}": c.astype(np.float32).astype(float) for n, c in enumerate(curves)}
        append(run, stream, place * 100, 100, **columns)
    run_services.finish_run(run=run, exit_code=0)
    tile = Tile.objects.get()
    assert (len(tile.payload) + len(tile.directory)) / 50_000 < 4
