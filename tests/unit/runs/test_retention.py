"""Which runs a rule takes, that the dry run takes none, and that live ones never go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.core.errors import Invalid
from apps.orgs.models import Org
from apps.projects import usage
from apps.projects.models import Project, ProjectUsage
from apps.runs import retention, services, tasks
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_project, make_run


def ended(project: Project, cast: Cast, days: float, state: str = "finished", **fields: Any) -> Run:
    """Return a run that ended so many days ago."""
    run = make_run(project, cast.ann, **fields)
    at = clock.now() - timedelta(days=days)
    Run.objects.filter(pk=run.pk).update(state=state, ended_at=at, heartbeat_at=at, created_at=at)
    return Run.objects.get(pk=run.pk)


def due(project: Project) -> list[int]:
    runs = retention.due_runs(project, retention.rule_for(project))
    return sorted(runs.values_list("number", flat=True))


@pytest.fixture
def many(cast: Cast) -> Project:
    """Runs 1 to 6 ended 60, 50, 40, 30, 20 and 10 days ago."""
    for days in (60, 50, 40, 30, 20, 10):
        ended(cast.mnist, cast, days)
    return cast.mnist


def test_without_a_rule_nothing_goes(many: Project) -> None:
    assert due(many) == []
    assert retention.apply_rules() == 0


def test_by_age(many: Project) -> None:
    retention.set_rule(project=many, older_than_days=35)
    assert due(many) == [1, 2, 3]


@pytest.mark.parametrize(("keep", "expected"), [(0, [1, 2, 3]), (4, [1, 2]), (6, []), (100, [])])
def test_the_newest_stay(many: Project, keep: int, expected: list[int]) -> None:
    retention.set_rule(project=many, older_than_days=35, keep_last=keep)
    assert due(many) == expected


def test_those_with_a_kept_tag_stay(many: Project) -> None:
    tagged = Run.objects.get(number=2)
    services.update_run(run=tagged, author_id=None, tags=["paper", "x"])
    services.update_run(run=Run.objects.get(number=3), author_id=None, tags=["other"])
    retention.set_rule(project=many, older_than_days=35, keep_tags=["paper", "best"])
    assert due(many) == [1, 3]


def test_only_in_some_states(cast: Cast) -> None:
    ended(cast.mnist, cast, 9)
    ended(cast.mnist, cast, 9, "crashed")
    ended(cast.mnist, cast, 9, "failed")
    retention.set_rule(project=cast.mnist, older_than_days=1, states=["failed", "crashed"])
    assert due(cast.mnist) == [2, 3]


def test_a_running_run_never_goes(cast: Cast) -> None:
    old = ended(cast.mnist, cast, 99, "running")
    Run.objects.filter(pk=old.pk).update(ended_at=None)
    retention.set_rule(project=cast.mnist, older_than_days=0)
    assert due(cast.mnist) == []
    with pytest.raises(Invalid):
        retention.set_rule(project=cast.mnist, older_than_days=0, states=["running"])


def test_one_that_is_resumed_after_it_was_listed_stays(
    many: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = retention.set_rule(project=many, older_than_days=35)
    delete = services.delete_run

    def resume_next(*, run: Run) -> None:
        delete(run=run)
        Run.objects.filter(number=run.number + 1).update(state="running", ended_at=None)

    monkeypatch.setattr(services, "delete_run", resume_next)
    assert retention.apply_rule(many, rule) == 2
    assert list(Run.objects.exclude(deleted_at=None).values_list("number", flat=True)) == [3, 1]


def test_the_dry_run_lists_and_weighs_what_then_goes(many: Project) -> None:
    rule = retention.set_rule(project=many, older_than_days=35)
    trial = retention.dry_run(many, rule)
    assert (trial.count, [run.number for run in trial.runs]) == (3, [1, 2, 3])
    assert trial.size_bytes == sum(run.size_bytes for run in trial.runs) > 0
    assert Run.objects.filter(deleted_at=None).count() == 6
    usage.measure_all()
    measured = ProjectUsage.objects.get(project=many).storage_bytes
    assert trial.size_bytes < measured
    tasks.apply_retention()
    assert Run.objects.filter(deleted_at=None).count() == 3
    tasks.apply_retention()
    assert Run.objects.filter(deleted_at=None).count() == 3


def test_the_rule_of_an_org_holds_below_it_until_there_is_a_nearer_one(cast: Cast) -> None:
    child = Org.objects.create(slug="vision", name="Vision", parent=cast.acme)
    cars = make_project(child, "cars", cast.ann)
    ended(cars, cast, 50)
    retention.set_rule(org=cast.acme, older_than_days=40)
    assert due(cars) == [1]
    retention.set_rule(org=child, older_than_days=60)
    assert due(cars) == []
    retention.set_rule(project=cars, older_than_days=10)
    assert due(cars) == [1]
    retention.set_rule(project=cars, is_on=False)
    assert due(cars) == []
    assert retention.apply_rules() == 0
    retention.remove_rule(project=cars)
    retention.remove_rule(org=child)
    assert retention.apply_rules() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"older_than_days": -1},
        {"older_than_days": None},
        {"older_than_days": 1, "keep_last": -1},
        {"older_than_days": 1, "states": ["asleep"]},
        {"older_than_days": 1, "keep_tags": ["x" * 101]},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(cast: Cast, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        retention.set_rule(project=cast.mnist, **fields)
