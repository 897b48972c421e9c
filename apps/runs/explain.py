"""Why somebody may do something on a run: the grants behind `run_predicate`."""

from __future__ import annotations

from collections.abc import Collection

from apps.orgs.actor import Actor
from apps.orgs.explain import Explanation, Limit, Reasons, Source, explained
from apps.orgs.permissions import Perm
from apps.projects.explain import add_shares, project_limits, public_reasons, reasons_on_project
from apps.projects.levels import OF_RUN
from apps.runs.models import Run


def explain(actor: Actor, perm: Perm, run: Run) -> Explanation:
    """Name what lets `actor` do `perm` on a run, and what keeps them from it."""
    known = [] if actor.user_id is None else [actor.user_id]
    found = [*reasons_on_run(run, known)[actor.user_id or 0], *public_reasons(actor, run.project)]
    limits = project_limits(actor, perm, run.project)
    if run.deleted_at is not None and Limit.TRASH not in limits:
        limits.append(Limit.TRASH)
    return explained(perm, found, limits)


def reasons_on_run(run: Run, user_ids: Collection[int]) -> Reasons:
    """Return, per person, everything that they were given: in the org, on the project, on the run, through teams."""
    reasons = reasons_on_project(run.project, user_ids)
    add_shares(reasons, run, Source.RUN_SHARE, OF_RUN, user_ids)
    return reasons
