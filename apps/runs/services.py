"""Every write about runs but those to their documents, which are in documents.py.

Who writes both locks the run first and its document after it; who locks a run lets others refer to it
(`no_key`), as every metric does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from apps.audit.services import record
from apps.core import clock
from apps.core.errors import AppError, Conflict, Gone, Invalid, NotFound
from apps.core.ids import random_id
from apps.orgs.actor import Actor
from apps.projects import quotas
from apps.projects.models import Project
from apps.projects.services import clean_tags
from apps.runs import documents, events
from apps.runs.models import Run, RunDocument, RunTag
from apps.runs.names import friendly_name

EDITABLE = frozenset({"name", "group", "job_type", "notes"})
ENDS = frozenset({Run.State.FINISHED, Run.State.FAILED, Run.State.KILLED})
KILLED_EXIT_CODES = frozenset({130, 137, 143, 255, -2, -9, -15})


@dataclass(kw_only=True)
class NewRun:
    """What a client says when it creates or resumes a run. None: not said."""

    short_id: str | None = None
    name: str | None = None
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: list[str] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    git: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    resume: str = "never"
    started_at: datetime | None = None
    creation_key: str = ""


def create_run(*, project: Project, actor: Actor, new: NewRun) -> tuple[Run, bool]:
    """Create a run, or resume the one of this ID; return it and whether it is new.

    The same creation key again answers the same run, so a client may repeat a request whose answer it lost.
    Raises Conflict `run_exists` or `idempotency_key_reused`, NotFound `run_not_found` (resume "must"), Gone
    `run_deleted`, QuotaExceeded, LimitExceeded, Invalid.
    """
    run = _take_up(project, actor, new)
    if run is not None:
        return run, False
    _check_room(project)
    try:
        return _insert_run(project, actor, new), True
    except IntegrityError:
        # Another request of the same ID or key won the race: now its run is there to be found.
        run = _take_up(project, actor, new)
        if run is None:
            raise
        return run, False


def _take_up(project: Project, actor: Actor, new: NewRun) -> Run | None:
    """Return the run that a request is about, if there is one: as it is if it made it, else resumed."""
    about = Q(short_id=new.short_id) if new.short_id is not None else Q(pk__in=[])
    if new.creation_key:
        about |= Q(creation_key=new.creation_key)
    # One query: between two, another request could make the run that the first one missed.
    runs = list(Run.objects.filter(about, project=project))
    for run in runs:
        if new.creation_key and run.creation_key == new.creation_key:
            return _as_it_is(run, new)
    if runs:
        return resume_run(run=_resumable(runs[0], new), actor=actor, new=new)
    if new.resume == "must":
        raise _nothing_to_resume(project, new)
    return None


def _as_it_is(run: Run, new: NewRun) -> Run:
    """Return the run that an earlier request with this creation key made."""
    if new.short_id not in {None, run.short_id}:
        raise Conflict(
            f"This Idempotency-Key made the run {run.short_id}. Use a new key for another run.",
            code="idempotency_key_reused",
        )
    return _not_deleted(run)


def _resumable(run: Run, new: NewRun) -> Run:
    if new.resume == "never" and run.deleted_at is None:
        raise Conflict(
            f"{run.project} has a run {run.short_id} already. "
            'Resume it (resume="allow") or use another ID.',
            code="run_exists",
        )
    return _not_deleted(run)


def _nothing_to_resume(project: Project, new: NewRun) -> AppError:
    if new.short_id is None:
        return Invalid("Name the run to resume.", fields={"id": ["This is missing."]})
    return NotFound(f"There is no run {new.short_id} in {project} to resume.", code="run_not_found")


def _not_deleted(run: Run) -> Run:
    if run.deleted_at is not None:
        raise Gone(
            f"The run {run.short_id} was deleted. Restore it, or use another ID.",
            code="run_deleted",
        )
    return run


def _check_room(project: Project) -> None:
    """Raise QuotaExceeded where one run more, or anything more, is too much. Runs are counted as they are now."""
    limits = quotas.limits_on(project)
    for place, limit in enumerate(limits):
        if limit.what == quotas.RUNS:
            within = Q(project=project)
            if limit.org is not None:
                within = Q(project__org__ascents__ancestor=limit.org)
            limits[place] = replace(limit, used=Run.objects.filter(within).count())
    quotas.check_room(limits, {quotas.RUNS, quotas.STORAGE, quotas.POINTS})


@transaction.atomic
def _insert_run(project: Project, actor: Actor, new: NewRun) -> Run:
    now = clock.now()
    # The row lock that this takes is what makes numbers unique.
    Project.objects.filter(pk=project.pk).update(
        last_run_number=F("last_run_number") + 1, updated_at=now
    )
    number = Project.objects.values_list("last_run_number", flat=True).get(pk=project.pk)
    run = Run(
        project=project,
        short_id=random_id(8) if new.short_id is None else new.short_id,
        number=number,
        name=new.name or friendly_name(number),
        group=new.group or "",
        job_type=new.job_type or "",
        notes=new.notes or "",
        created_by_id=actor.user_id,
        created_at=now,
        started_at=min(new.started_at or now, now),
        heartbeat_at=now,
        creation_key=new.creation_key,
    )
    _check(run)
    run.save(force_insert=True)
    run.document = RunDocument.objects.create(run=run, **_said_documents(new))
    _replace_tags(run, new.tags or [])
    if new.config:
        documents.update_config(run_id=run.pk, author_id=actor.user_id, set_values=new.config)
    events.announce(run)
    return run


@transaction.atomic
def resume_run(*, run: Run, actor: Actor, new: NewRun) -> Run:
    """Set a run running again; what the client says of it replaces, what it doesn't say stays."""
    run = _not_deleted(Run.objects.select_for_update(no_key=True).get(pk=run.pk))
    for name in EDITABLE:
        value = getattr(new, name)
        if value is not None:
            setattr(run, name, value)
    run.state = Run.State.RUNNING
    run.ended_at = run.exit_code = None
    run.heartbeat_at = clock.now()
    run.resumed_count += 1
    _check(run)
    run.save()
    if new.tags is not None:
        _replace_tags(run, new.tags)
    if new.config:
        documents.update_config(run_id=run.pk, author_id=actor.user_id, set_values=new.config)
    said = _said_documents(new)
    if said:
        RunDocument.objects.filter(run=run).update(**said, is_stale=True)
    events.run_resumed.send(sender=Run, run_id=run.pk)
    events.announce(run)
    return run


def _said_documents(new: NewRun) -> dict[str, Any]:
    """Return the documents that come as a whole, those that the client sent."""
    sent = {name: getattr(new, name) for name in ("git", "environment") if getattr(new, name)}
    return {name: documents.encode(value, name) for name, value in sent.items()}


@transaction.atomic
def update_run(
    *, run: Run, author_id: int | None, tags: list[str] | None = None, **changes: Any
) -> Run:
    """Change what a person may change of a run, all of it or, when something is wrong, nothing.

    `changes` are its name, group, job_type or notes, and what `update_config` and `update_summary` take, as
    config, config_delete, summary and summary_delete.
    """
    config = {name: changes.pop(name, None) for name in ("config", "config_delete")}
    summary = {name: changes.pop(name, None) for name in ("summary", "summary_delete")}
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise TypeError(f"not editable: {sorted(unknown)}")
    for name, value in changes.items():
        setattr(run, name, value)
    _check(run)
    if changes:
        run.save(update_fields=list(changes))
    if tags is not None:
        before, after = _replace_tags(run, tags)
        if before != after:
            record("run.update", run, changes={"tags": (before, after)})
    if any((*config.values(), *summary.values())):
        # Only what was changed: the values are in the config's own history.
        record("run.update", run, details={**_named(config), **_named(summary)})
    if any(config.values()):
        documents.update_config(
            run_id=run.pk,
            author_id=author_id,
            set_values=config["config"],
            delete_paths=config["config_delete"],
        )
    if any(summary.values()):
        documents.update_summary(
            run_id=run.pk, set_values=summary["summary"], delete=summary["summary_delete"]
        )
    events.announce(run)
    return run


def _named(changes: dict[str, Any]) -> dict[str, Any]:
    """Return what is changed, without the values that it is set to."""
    return {name: list(value) for name, value in changes.items() if value}


def touch_run(*, run_id: int, at: datetime) -> None:
    """Note that a run was heard of. One that was taken as crashed is running again: its message was late."""
    Run.objects.filter(pk=run_id).update(heartbeat_at=at)
    revived = Run.objects.filter(pk=run_id, state=Run.State.CRASHED).update(
        state=Run.State.RUNNING, ended_at=None
    )
    if revived:
        run = Run.objects.select_related("project").get(pk=run_id)
        record("run.resume", run, changes={"state": (Run.State.CRASHED, Run.State.RUNNING)})
        events.announce(run)


@transaction.atomic
def note_last_step(*, run_id: int, find: Callable[[], int | None]) -> None:
    """Remember the greatest step that a run has logged.

    It is looked up under the run's lock, so that of two who note it at once the later finding stays.
    """
    run = Run.objects.select_for_update().only("last_step").filter(pk=run_id).first()
    last_step = find()
    if run is not None and run.last_step != last_step:
        Run.objects.filter(pk=run_id).update(last_step=last_step)


@transaction.atomic
def finish_run(
    *, run: Run, exit_code: int | None = None, state: str | None = None, at: datetime | None = None
) -> Run:
    """End a run. Finishing twice keeps the first end: clients repeat what they are unsure of."""
    run = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    if run.state in ENDS:
        return run
    run.state = state or state_of(exit_code)
    run.exit_code = exit_code
    run.ended_at = run.heartbeat_at = at or clock.now()
    run.save(update_fields=["state", "exit_code", "ended_at", "heartbeat_at"])
    events.announce(run)
    events.announce_end(run)
    return run


def state_of(exit_code: int | None) -> str:
    """Name the state that an exit code means."""
    if not exit_code:
        return Run.State.FINISHED
    return Run.State.KILLED if exit_code in KILLED_EXIT_CODES else Run.State.FAILED


def mark_crashed_runs() -> int:
    """Mark the running runs that have not been heard of for too long; return how many."""
    limit = clock.now() - timedelta(seconds=settings.HEARTBEAT_TIMEOUT_S)
    count = 0
    for run in Run.objects.filter(state=Run.State.RUNNING, heartbeat_at__lt=limit):
        count += _mark_crashed(run, limit)
    return count


@transaction.atomic
def _mark_crashed(run: Run, limit: datetime) -> int:
    # Conditional: the run may have been heard of since it was listed.
    marked = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, heartbeat_at__lt=limit).update(
        state=Run.State.CRASHED, ended_at=F("heartbeat_at")
    )
    if marked:
        record("run.crash", run, changes={"state": (Run.State.RUNNING, Run.State.CRASHED)})
        events.announce(run)
        events.announce_end(run)
    return marked


def delete_run(*, run: Run) -> None:
    """Put a run in the trash. Deleting twice keeps the first time."""
    _set_deleted(Run.objects.filter(pk=run.pk, deleted_at=None), clock.now(), run)


def restore_run(*, run: Run) -> None:
    """Take a run out of the trash."""
    _set_deleted(Run.objects.filter(pk=run.pk).exclude(deleted_at=None), None, run)


@transaction.atomic
def _set_deleted(runs: QuerySet[Run], at: datetime | None, run: Run) -> None:
    if runs.update(deleted_at=at):
        run.deleted_at = at
        record("run.restore" if at is None else "run.delete", run)
        RunDocument.objects.filter(run=run).update(is_stale=True)
        events.announce(run)


def _replace_tags(run: Run, tags: list[str]) -> tuple[list[str], list[str]]:
    """Make these a run's tags; return those that it had and those that it has."""
    wanted = clean_tags(tags)
    present = list(run.tags.values_list("name", flat=True))
    run.tags.exclude(name__in=wanted).delete()
    RunTag.objects.bulk_create(
        [RunTag(run=run, name=name) for name in wanted if name not in present],
        ignore_conflicts=True,
    )
    return present, wanted


def _check(run: Run) -> None:
    try:
        # Foreign keys come from here, so looking them up again would only cost queries.
        run.full_clean(
            exclude={"project", "created_by"}, validate_unique=False, validate_constraints=False
        )
    except ValidationError as error:
        fields = {
            ("id" if key == "short_id" else key): text for key, text in error.message_dict.items()
        }
        raise Invalid("This run cannot be saved.", fields=fields) from None
