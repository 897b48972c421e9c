"""What the home page makes of runs and projects."""

from datetime import timedelta

from apps.core import clock
from apps.orgs.actor import Actor
from apps.runs import documents, home, services
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_project, make_run


def test_headline_is_the_loss_that_most_runs_have(cast: Cast) -> None:
    for summary in (
        {"val/loss": 1.0, "acc": 0.5},
        {"val/loss": 2.0, "acc": 0.6},
        {"train/loss": 3.0},
    ):
        run = make_run(cast.mnist, cast.ann)
        documents.update_summary(run_id=run.pk, set_values=summary, delete=None)
    runs = home.recent_runs(Actor.for_user(cast.ann))
    assert home.headline_key(runs) == "val/loss"
    assert [row.value for row in home.with_headline(runs, "val/loss")] == [None, 2.0, 1.0]


def test_headline_passes_over_values_that_are_no_numbers(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    documents.update_summary(
        run_id=run.pk, set_values={"ok": True, "best": {"epoch": 3}, "acc": 0.5}, delete=None
    )
    assert home.headline_key(home.recent_runs(Actor.for_user(cast.ann))) == "acc"


def test_running_runs_come_first_and_strangers_see_none(cast: Cast) -> None:
    running = make_run(cast.mnist, cast.ann, name="running")
    ended = make_run(cast.mnist, cast.ann, name="ended")
    services.finish_run(run=ended, exit_code=0)
    assert home.recent_runs(Actor.for_user(cast.vic)) == [running, ended]
    assert home.recent_runs(Actor.for_user(cast.sam)) == []


def test_projects_carry_their_counts(cast: Cast) -> None:
    make_project(cast.acme, "idle", cast.ann)
    make_run(cast.mnist, cast.ann)
    services.finish_run(run=make_run(cast.mnist, cast.ann), exit_code=0)
    found = {
        project.slug: project for project in home.projects_with_counts(Actor.for_user(cast.ann))
    }
    assert (found["mnist"].run_count, found["mnist"].running_count) == (2, 1)  # type: ignore[attr-defined]
    assert (found["idle"].run_count, found["idle"].running_count) == (0, 0)  # type: ignore[attr-defined]


def test_activity_has_a_bar_a_day_with_the_busiest_at_full_height(cast: Cast) -> None:
    for days in (0, 0, 5):
        run = make_run(cast.mnist, cast.ann)
        started = clock.now() - timedelta(days=days)
        Run.objects.filter(pk=run.pk).update(created_at=started)
    home.add_activity(Actor.for_user(cast.ann), [cast.mnist])
    heights = [bar.height for bar in cast.mnist.bars]  # type: ignore[attr-defined]
    assert len(heights) == home.ACTIVITY_DAYS
    assert (heights[-1], heights[-6]) == (18, 9)
    assert sum(height > 1 for height in heights) == 2
