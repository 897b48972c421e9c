"""Deleting for good what has lain in the trash for long enough. This is what frees room.

A run goes in small transactions, its rows first: killed half-way, what is left is still a run in the trash, and the
next time goes on with it.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q

from apps.core import clock
from apps.projects.models import Project
from apps.runs import events, facts
from apps.runs.models import Run, RunDocument

log = logging.getLogger(__name__)

# One purge takes so long at most; the next one goes on.
BUDGET_S = 60.0


def purge_trash() -> int:
    """Purge the runs, then the projects, that have lain in the trash for long enough; return how many runs."""
    before = clock.now() - timedelta(days=settings.TRASH_DAYS)
    end = time.monotonic() + BUDGET_S
    count = 0
    for run_id in _due_runs(before):
        if time.monotonic() > end:
            return count
        try:
            count += purge_run(run_id=run_id, before=before)
        except DatabaseError:  # One that fails must not keep the others.
            log.exception("run_not_purged run=%d", run_id)
    for project in Project.objects.filter(deleted_at__lt=before):
        _purge_project(project)
    return count


def _due_runs(before: datetime) -> list[int]:
    return list(Run.objects.filter(is_due(before)).order_by("pk").values_list("pk", flat=True))


def is_due(before: datetime) -> Q:
    """The condition "it, or its project, was deleted before that, and it is not running"."""
    is_old = Q(deleted_at__lt=before) | Q(project__deleted_at__lt=before)
    return is_old & ~Q(state=Run.State.RUNNING)


def purge_run(*, run_id: int, before: datetime) -> bool:
    """Delete a run for good with all that belongs to it; False if it was restored meanwhile."""
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True).filter(is_due(before), pk=run_id).first()
        if run is None:
            return False
        # From here on nothing brings it back: what writes to it is refused, and nobody can restore it.
        if run.deleted_at is None or run.deleted_at >= before:
            Run.objects.filter(pk=run_id).update(deleted_at=before)
        RunDocument.objects.filter(run_id=run_id).update(is_stale=True)
    events.run_purging.send(sender=Run, run_id=run_id)
    with transaction.atomic():
        document = RunDocument.objects.select_for_update().filter(run_id=run_id).first()
        if document is not None:
            facts.write_facts(document)
        Run.objects.get(pk=run_id).delete()
    log.info("run_purged run=%d", run_id)
    return True


@transaction.atomic
def _purge_project(project: Project) -> None:
    locked = Project.objects.select_for_update().filter(pk=project.pk).exclude(deleted_at=None)
    if locked.exists() and not Run.objects.filter(project=project).exists():
        project.delete()
        log.info("project_purged project=%d", project.pk)
