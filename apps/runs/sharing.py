"""A run as something to share."""

from __future__ import annotations

from functools import partial

from django.db.models import Exists, OuterRef

from apps.orgs.actor import Actor
from apps.orgs.permissions import ON_PROJECT, Perm
from apps.projects.levels import OF_RUN
from apps.projects.sharing import Shared
from apps.runs.explain import reasons_on_run
from apps.runs.models import Run


def shared_run(actor: Actor, run: Run) -> Shared:
    """Return a run that was loaded through access as something to share."""
    held = held_on_run(actor, run)
    return Shared(actor, run, run.project, OF_RUN, held, partial(reasons_on_run, run))


def held_on_run(actor: Actor, run: Run) -> frozenset[Perm]:
    """Return all that `actor` may do on a run and its project, in one query."""
    perms = sorted(ON_PROJECT)
    held = {
        perm.codename: Exists(
            Run.objects.including_trash_visible_to(actor, perm).filter(pk=OuterRef("pk"))
        )
        for perm in perms
    }
    row = Run.objects.filter(pk=run.pk).annotate(**held).values(*held).first() or {}
    return frozenset(perm for perm in perms if row.get(perm.codename))
