"""Purging really frees what runs held, and only what has lain in the trash for long enough."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.core import clock
from apps.metrics import purging as row_purging
from apps.metrics import sealing, store
from apps.metrics.models import Batch, Head, MetricKey, Stream, Tile
from apps.projects import services as project_services
from apps.projects.models import Project
from apps.runs import events, facts, purging, services, tasks
from apps.runs.models import ConfigChange, Fact, FactKey, Run, RunDocument, RunTag
from tests.conftest import Cast
from tests.factories import make_run

RECORD = {"kind": "rows", "steps": [0, 1], "columns": {"loss": [2.0, 1.0]}}


def full_run(cast: Cast) -> Run:
    """Return a finished run that has rows, some sealed and some waiting, tags, config and facts."""
    run = make_run(cast.mnist, cast.ann, config={"lr": 0.1}, tags=["a"])
    store.append(run=run, stream=uuid4(), records=[RECORD])
    sealing.seal_run(run.pk)
    run = services.finish_run(run=run)
    store.append(run=run, stream=uuid4(), records=[RECORD])
    RunDocument.objects.filter(run=run).update(is_stale=True)
    facts.index_run(run.pk)
    return run


def age(model: Any, pk: int, days: int) -> None:
    model.objects.filter(pk=pk).update(deleted_at=clock.now() - timedelta(days=days))


def left(run_id: int) -> int:
    """Count the rows that are left of a run, anywhere."""
    models = (Batch, Tile, Stream, Head, ConfigChange, RunTag, RunDocument, Fact)
    return sum(model.objects.filter(run_id=run_id).count() for model in models)


def test_nothing_is_left_of_a_purged_run(cast: Cast) -> None:
    run, other = full_run(cast), full_run(cast)
    services.delete_run(run=run)
    age(Run, run.pk, 31)
    assert left(run.pk) > 5
    before = left(other.pk)
    assert purging.purge_trash() == 1
    assert (Run.objects.filter(pk=run.pk).exists(), left(run.pk)) == (False, 0)
    assert left(other.pk) == before
    counts = FactKey.objects.filter(source="config").values_list("number_count", flat=True)
    assert list(counts) == [1]
    assert purging.purge_trash() == 0


def test_what_lies_there_for_less_stays(cast: Cast, settings: Any) -> None:
    run = full_run(cast)
    services.delete_run(run=run)
    age(Run, run.pk, 29)
    tasks.purge_trash()
    services.restore_run(run=Run.objects.get(pk=run.pk))
    assert left(run.pk) > 5
    services.delete_run(run=run)
    settings.TRASH_DAYS = 0
    tasks.purge_trash()
    assert left(run.pk) == 0


def test_a_running_run_waits_until_it_has_ended(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    services.delete_run(run=run)
    age(Run, run.pk, 99)
    assert purging.purge_trash() == 0


def test_one_that_was_restored_meanwhile_stays(cast: Cast) -> None:
    run = full_run(cast)
    services.delete_run(run=run)
    assert not purging.purge_run(run_id=run.pk, before=clock.now() - timedelta(days=30))
    assert not purging.purge_run(run_id=10**9, before=clock.now())
    assert left(run.pk) > 5


def test_killed_half_way_the_next_purge_goes_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = full_run(cast)
    services.delete_run(run=run)
    age(Run, run.pk, 31)

    def die(**signal: Any) -> None:
        raise KeyboardInterrupt

    events.run_purging.connect(die)
    with pytest.raises(KeyboardInterrupt):
        purging.purge_trash()
    events.run_purging.disconnect(die)
    assert Run.objects.filter(pk=run.pk).exclude(deleted_at=None).exists()
    assert not Tile.objects.filter(run=run).exists()
    assert purging.purge_trash() == 1
    assert left(run.pk) == 0


def test_rows_go_in_chunks(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_purging, "CHUNK", 2)
    run = make_run(cast.mnist, cast.ann)
    for _ in range(5):
        store.append(run=run, stream=uuid4(), records=[RECORD])
    row_purging.delete_rows(run.pk)
    assert not Batch.objects.filter(run=run).exists()
    assert not Stream.objects.filter(run=run).exists()


def test_a_deleted_project_goes_with_its_runs(cast: Cast) -> None:
    run = full_run(cast)
    project_services.delete_project(project=cast.mnist)
    age(Project, cast.mnist.pk, 31)
    tasks.purge_trash()
    assert (left(run.pk), Project.objects.filter(pk=cast.mnist.pk).exists()) == (0, False)
    assert not MetricKey.objects.exists()
    assert not FactKey.objects.exists()


def test_a_deleted_project_stays_while_one_of_its_runs_is_running(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann)
    project_services.delete_project(project=cast.mnist)
    age(Project, cast.mnist.pk, 31)
    tasks.purge_trash()
    assert Project.objects.filter(pk=cast.mnist.pk).exists()
