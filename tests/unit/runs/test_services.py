"""The life of a run: made, resumed, heard of, ended, taken for dead, put away and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from apps.core import clock
from apps.core.errors import AppError, Conflict, Gone, Invalid, LimitExceeded, NotFound
from apps.orgs.actor import Actor
from apps.runs import events, services
from apps.runs.models import Run, RunDocument
from tests.conftest import Cast
from tests.factories import make_run


def create(cast: Cast, **said: Any) -> tuple[Run, bool]:
    new = services.NewRun(**said)
    return services.create_run(project=cast.mnist, actor=Actor.for_user(cast.mel), new=new)


@pytest.fixture
def ended() -> Iterator[list[int]]:
    """The runs whose end was told to the apps above."""
    told: list[int] = []

    def note(run_id: int, **news: object) -> None:
        told.append(run_id)

    events.run_ended.connect(note, weak=False, dispatch_uid="test")
    yield told
    events.run_ended.disconnect(dispatch_uid="test")


# --- Made --------------------------------------------------------------------------------------
def test_what_is_not_said_has_a_default(cast: Cast) -> None:
    run, is_new = create(cast)
    assert is_new
    assert len(run.short_id) == 8
    assert run.name.endswith("-1")
    assert (run.number, run.state, run.created_by_id) == (1, "running", cast.mel.pk)
    assert create(cast)[0].number == 2


def test_numbers_are_never_given_again(cast: Cast) -> None:
    create(cast)[0].delete()
    assert create(cast)[0].number == 2


def test_a_start_in_the_future_is_now(cast: Cast) -> None:
    run, _ = create(cast, started_at=clock.now() + timedelta(days=1))
    assert run.started_at == run.created_at
    early = clock.now() - timedelta(days=1)
    assert create(cast, started_at=early)[0].started_at == early


@pytest.mark.parametrize("short_id", ["", ".", "..", "a b", "a/b", "é", "x" * 65, "a\n"])
def test_an_id_that_cannot_be_is_refused(cast: Cast, short_id: str) -> None:
    with pytest.raises(Invalid) as raised:
        create(cast, short_id=short_id)
    assert "id" in raised.value.fields
    assert not Run.objects.exists()


@pytest.mark.parametrize("name", ["git", "environment", "config"])
def test_a_document_too_large_is_refused_and_no_run_is_made(cast: Cast, name: str) -> None:
    with pytest.raises(LimitExceeded, match=f"The {name} would take"):
        create(cast, **{name: {"big": "x" * (4 << 20)}})
    assert not Run.objects.exists()


def test_a_document_too_deep_is_refused(cast: Cast) -> None:
    deep: dict[str, Any] = {}
    for _ in range(70):
        deep = {"a": deep}
    with pytest.raises(Invalid, match="deeper"):
        create(cast, config=deep)


# --- The same again ----------------------------------------------------------------------------
def test_the_same_creation_key_answers_the_same_run(cast: Cast) -> None:
    first, _ = create(cast, creation_key="k1", config={"a": 1})
    again, is_new = create(cast, creation_key="k1", config={"a": 2})
    assert (again.pk, is_new) == (first.pk, False)
    assert RunDocument.objects.get(run=first).config == {"a": 1}
    named, _ = create(cast, creation_key="k2", short_id="r")
    for resume in ("never", "allow", "must"):
        again, is_new = create(cast, creation_key="k2", short_id="r", resume=resume)
        assert (again.pk, is_new, again.resumed_count) == (named.pk, False, 0)


def test_a_creation_key_makes_one_run_alone(cast: Cast) -> None:
    create(cast, creation_key="k", short_id="a")
    with pytest.raises(Conflict) as raised:
        create(cast, creation_key="k", short_id="b")
    assert raised.value.code == "idempotency_key_reused"


def test_a_creation_key_of_a_deleted_run_says_so(cast: Cast) -> None:
    run, _ = create(cast, creation_key="k")
    services.delete_run(run=run)
    with pytest.raises(Gone):
        create(cast, creation_key="k")


@pytest.mark.parametrize(
    ("resume", "error", "code"),
    [("never", Conflict, "run_exists"), ("must", None, ""), ("allow", None, "")],
)
def test_an_id_that_is_taken(
    cast: Cast, resume: str, error: type[AppError] | None, code: str
) -> None:
    first, _ = create(cast, short_id="r")
    if error is None:
        again, is_new = create(cast, short_id="r", resume=resume)
        assert (again.pk, is_new, again.resumed_count) == (first.pk, False, 1)
        return
    with pytest.raises(error) as raised:
        create(cast, short_id="r", resume=resume)
    assert raised.value.code == code


def test_resuming_what_is_not_there(cast: Cast) -> None:
    with pytest.raises(NotFound) as raised:
        create(cast, short_id="r", resume="must")
    assert raised.value.code == "run_not_found"
    with pytest.raises(Invalid):
        create(cast, resume="must")
    assert create(cast, short_id="r", resume="allow")[1]


@pytest.mark.parametrize("resume", ["never", "allow", "must"])
def test_a_deleted_run_keeps_its_id(cast: Cast, resume: str) -> None:
    run, _ = create(cast, short_id="r")
    services.delete_run(run=run)
    with pytest.raises(Gone) as raised:
        create(cast, short_id="r", resume=resume)
    assert raised.value.code == "run_deleted"


def test_a_resumed_run_runs_again_with_what_is_said_of_it(cast: Cast) -> None:
    run, _ = create(
        cast,
        short_id="r",
        name="first",
        notes="n",
        tags=["a"],
        config={"x": 1, "y": 1},
        git={"commit": "1"},
    )
    services.finish_run(run=run, exit_code=3)
    again, _ = create(cast, short_id="r", resume="must", name="second", config={"y": 2}, tags=["b"])
    assert (again.state, again.ended_at, again.exit_code) == ("running", None, None)
    assert (again.name, again.notes, again.tag_names) == ("second", "n", ["b"])
    document = RunDocument.objects.get(run=run)
    assert (document.config, document.git) == ({"x": 1, "y": 2}, {"commit": "1"})


# --- Heard of, and ended -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("exit_code", "state"),
    [
        (None, "finished"),
        (0, "finished"),
        (1, "failed"),
        (-9, "killed"),
        (137, "killed"),
        (255, "killed"),
    ],
)
def test_an_exit_code_means_a_state(cast: Cast, exit_code: int | None, state: str) -> None:
    run = services.finish_run(run=make_run(cast.mnist, cast.ann), exit_code=exit_code)
    assert (run.state, run.exit_code) == (state, exit_code)
    assert run.ended_at is not None


def test_the_first_end_stays_and_is_told_once(cast: Cast, ended: list[int]) -> None:
    run = make_run(cast.mnist, cast.ann)
    first = services.finish_run(run=run, exit_code=1)
    again = services.finish_run(run=run, exit_code=0, state="killed")
    assert (again.state, again.exit_code, again.ended_at) == ("failed", 1, first.ended_at)
    assert ended == [run.pk]


def test_silence_is_taken_for_a_crash_and_a_late_heartbeat_revives(
    cast: Cast, ended: list[int]
) -> None:
    quiet, heard = make_run(cast.mnist, cast.ann), make_run(cast.mnist, cast.ann)
    last = clock.now() - timedelta(seconds=settings.HEARTBEAT_TIMEOUT_S + 1)
    Run.objects.filter(pk=quiet.pk).update(heartbeat_at=last)
    assert services.mark_crashed_runs() == 1
    quiet.refresh_from_db()
    heard.refresh_from_db()
    assert (quiet.state, quiet.ended_at, heard.state) == ("crashed", last, "running")
    assert ended == [quiet.pk]
    assert services.mark_crashed_runs() == 0
    services.touch_run(run_id=quiet.pk, at=clock.now())
    quiet.refresh_from_db()
    assert (quiet.state, quiet.ended_at) == ("running", None)


def test_a_run_heard_of_while_the_dead_are_counted_lives(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(cast.mnist, cast.ann)
    last = clock.now() - timedelta(seconds=settings.HEARTBEAT_TIMEOUT_S + 1)
    Run.objects.filter(pk=run.pk).update(heartbeat_at=last)
    mark = services._mark_crashed

    def hear_first(silent: Run, limit: datetime) -> int:
        services.touch_run(run_id=silent.pk, at=clock.now())
        return mark(silent, limit)

    monkeypatch.setattr(services, "_mark_crashed", hear_first)
    assert services.mark_crashed_runs() == 0
    run.refresh_from_db()
    assert run.state == "running"


def test_a_heartbeat_does_not_revive_what_ended_by_itself(cast: Cast) -> None:
    run = services.finish_run(run=make_run(cast.mnist, cast.ann), exit_code=0)
    services.touch_run(run_id=run.pk, at=clock.now())
    run.refresh_from_db()
    assert run.state == "finished"


def test_a_crashed_run_may_still_finish(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    Run.objects.filter(pk=run.pk).update(state="crashed", ended_at=clock.now())
    assert services.finish_run(run=run, exit_code=0).state == "finished"


# --- Changed, put away, brought back -----------------------------------------------------------
def test_a_change_is_made_whole_or_not_at_all(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, name="old", tags=["a"])
    with pytest.raises(LimitExceeded):
        services.update_run(
            run=run, author_id=None, name="new", tags=["b"], summary={"x": "y" * (5 << 20)}
        )
    run = Run.objects.get(pk=run.pk)
    assert (run.name, run.tag_names) == ("old", ["a"])


def test_tags_are_stripped_and_kept_in_order(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, tags=["b", " a ", "b", ""])
    assert run.tag_names == ["b", "a"]
    services.update_run(run=run, author_id=None, tags=["c", "a"])
    assert Run.objects.get(pk=run.pk).tag_names == ["a", "c"]
    with pytest.raises(Invalid):
        services.update_run(run=run, author_id=None, tags=[str(number) for number in range(51)])


def test_the_trash(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    services.delete_run(run=run)
    run.refresh_from_db()
    first = run.deleted_at
    services.delete_run(run=run)
    run.refresh_from_db()
    assert run.deleted_at == first
    assert not Run.objects.in_project(cast.mnist).exists()
    services.restore_run(run=run)
    services.restore_run(run=run)
    assert Run.objects.in_project(cast.mnist).get() == run
