"""Every write about runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from apps.core import clock, json_values, live
from apps.core.errors import Conflict, Gone, Invalid, NotFound
from apps.core.ids import random_id
from apps.orgs.actor import Actor
from apps.projects.models import Project
from apps.projects.services import clean_tags
from apps.runs import events, tasks
from apps.runs.models import ConfigChange, Run, RunDocument, RunTag
from apps.runs.names import friendly_name

EDITABLE = frozenset({"name", "group", "job_type", "notes"})
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
    Raises Conflict `run_exists`, NotFound `run_not_found` (resume "must"), Gone `run_deleted`, Invalid.
    """
    existing = _find_existing(project, new)
    if existing is not None:
        if new.creation_key and existing.creation_key == new.creation_key:
            return existing, False
        return resume_run(run=existing, actor=actor, new=new), False
    if new.resume == "must":
        raise NotFound(
            f"There is no run {new.short_id} in {project} to resume.", code="run_not_found"
        )
    try:
        return _insert_run(project, actor, new), True
    except IntegrityError:
        # Another request of the same ID won the race: it is now the existing one.
        if _find_existing(project, new) is None:
            raise
        return create_run(project=project, actor=actor, new=new)


def _find_existing(project: Project, new: NewRun) -> Run | None:
    """Return the run that this request is about, if there is one; raise when it may not be resumed."""
    if new.short_id is None:
        if not new.creation_key:
            return None
        return Run.objects.filter(project=project, creation_key=new.creation_key).first()
    run = Run.objects.filter(project=project, short_id=new.short_id).first()
    if run is None:
        return None
    if run.deleted_at is not None:
        raise Gone(
            f"The run {run.short_id} was deleted. Restore it, or use another ID.",
            code="run_deleted",
        )
    repeated = new.creation_key and run.creation_key == new.creation_key
    if new.resume == "never" and not repeated:
        raise Conflict(
            f'{project} has a run {run.short_id} already. Resume it (resume="allow") or use another ID.',
            code="run_exists",
        )
    return run


@transaction.atomic
def _insert_run(project: Project, actor: Actor, new: NewRun) -> Run:
    Project.objects.filter(pk=project.pk).update(
        last_run_number=F("last_run_number") + 1, updated_at=clock.now()
    )
    number = Project.objects.values_list("last_run_number", flat=True).get(pk=project.pk)
    now = clock.now()
    run = Run(
        project=project,
        short_id=new.short_id or random_id(8),
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
    run.document = RunDocument.objects.create(
        run=run, git=_encode(new.git, "git"), environment=_encode(new.environment, "environment")
    )
    _replace_tags(run, new.tags or [])
    if new.config:
        update_config(run_id=run.pk, author_id=actor.user_id, set_values=new.config)
    _announce(run)
    return run


@transaction.atomic
def resume_run(*, run: Run, actor: Actor, new: NewRun) -> Run:
    """Set a run running again; what the client says of it replaces, what it doesn't say stays."""
    run = Run.objects.select_for_update().get(pk=run.pk)
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
        update_config(run_id=run.pk, author_id=actor.user_id, set_values=new.config)
    said = {
        name: _encode(getattr(new, name), name)
        for name in ("git", "environment")
        if getattr(new, name)
    }
    if said:
        RunDocument.objects.filter(run=run).update(**said)
    _announce(run)
    return run


@transaction.atomic
def update_run(*, run: Run, tags: list[str] | None = None, **changes: Any) -> Run:
    """Change a run's name, group, job type, notes or tags."""
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise TypeError(f"not editable: {sorted(unknown)}")
    for name, value in changes.items():
        setattr(run, name, value)
    _check(run)
    if changes:
        run.save(update_fields=list(changes))
    if tags is not None:
        _replace_tags(run, tags)
    _announce(run)
    return run


@transaction.atomic
def update_config(
    *,
    run_id: int,
    author_id: int | None,
    set_values: dict[str, Any] | None = None,
    delete_paths: list[list[str]] | None = None,
) -> int:
    """Merge values into a run's config and delete paths from it; return the config's version.

    A change that changes nothing makes no version.
    """
    document = RunDocument.objects.select_for_update().get(run_id=run_id)
    config = json_values.merge(document.config, _encode(set_values or {}, "config"))
    for path in delete_paths or []:
        config = json_values.without_path(config, path)
    if config == document.config:
        return document.config_version
    document.config = config
    document.config_version += 1
    document.save(update_fields=["config", "config_version"])
    ConfigChange.objects.create(
        run_id=run_id,
        version=document.config_version,
        author_id=author_id,
        set_values=_encode(set_values or {}, "config"),
        deleted_paths=delete_paths or [],
    )
    transaction.on_commit(lambda: tasks.index_run.delay(run_id))
    return document.config_version


@transaction.atomic
def update_summary(
    *, run_id: int, set_values: dict[str, Any] | None = None, delete: list[str] | None = None
) -> None:
    """Set and delete keys of a run's summary."""
    document = RunDocument.objects.select_for_update().get(run_id=run_id)
    summary = {**document.summary, **_encode(set_values or {}, "summary")}
    for key in delete or []:
        summary.pop(key, None)
    if summary != document.summary:
        document.summary = summary
        document.save(update_fields=["summary"])


@transaction.atomic
def define_metric(*, run_id: int, key: str, definition: dict[str, Any]) -> None:
    """Remember how a metric, or those that match a pattern such as `val/*`, is to be shown and summarised."""
    document = RunDocument.objects.select_for_update().get(run_id=run_id)
    definitions = {**document.definitions, key: _encode(definition, "define")}
    if definitions != document.definitions:
        document.definitions = definitions
        document.save(update_fields=["definitions"])


def touch_run(*, run_id: int, at: datetime, last_step: int | None = None) -> None:
    """Note that a run was heard of. One that was taken as crashed is running again: its message was late."""
    changes: dict[str, Any] = {"heartbeat_at": at}
    if last_step is not None:
        changes["last_step"] = last_step
    Run.objects.filter(pk=run_id).update(**changes)
    revived = Run.objects.filter(pk=run_id, state=Run.State.CRASHED).update(
        state=Run.State.RUNNING, ended_at=None
    )
    if revived:
        _announce(Run.objects.get(pk=run_id))


def note_last_step(*, run_id: int, last_step: int | None) -> None:
    """Remember the greatest step that a run has logged."""
    Run.objects.filter(pk=run_id).exclude(last_step=last_step).update(last_step=last_step)


@transaction.atomic
def finish_run(
    *, run: Run, exit_code: int | None = None, state: str | None = None, at: datetime | None = None
) -> Run:
    """End a run. Finishing twice keeps the first end: clients repeat what they are unsure of."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state not in {Run.State.RUNNING, Run.State.CRASHED}:
        return run
    run.state = state or state_of(exit_code)
    run.exit_code = exit_code
    run.ended_at = run.heartbeat_at = at or clock.now()
    run.save(update_fields=["state", "exit_code", "ended_at", "heartbeat_at"])
    _announce(run)
    _announce_ended(run)
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
        _announce(run)
        _announce_ended(run)
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
        _announce(run)


def _replace_tags(run: Run, tags: list[str]) -> None:
    wanted = clean_tags(tags)
    run.tags.exclude(name__in=wanted).delete()
    present = set(run.tags.values_list("name", flat=True))
    RunTag.objects.bulk_create(
        [RunTag(run=run, name=name) for name in wanted if name not in present],
        ignore_conflicts=True,
    )


def _announce(run: Run) -> None:
    """After the commit, refresh the search index of a run and tell those who watch its project."""
    run_id = run.pk
    live.publish(run.project_id, "runs", [run.uid])
    transaction.on_commit(lambda: tasks.index_run.delay(run_id))


def _announce_ended(run: Run) -> None:
    run_id, uid = run.pk, run.uid
    transaction.on_commit(lambda: events.run_ended.send(sender=Run, run_id=run_id, uid=uid))


def _encode(value: Any, name: str) -> Any:
    try:
        return json_values.encode(value)
    except ValueError as error:
        raise Invalid(
            f"The {name} cannot be stored: {error}.", fields={name: [str(error)]}
        ) from None


def _check(run: Run) -> None:
    try:
        run.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        fields = {
            ("id" if key == "short_id" else key): text for key, text in error.message_dict.items()
        }
        raise Invalid("This run cannot be saved.", fields=fields) from None
