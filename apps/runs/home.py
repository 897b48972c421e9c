"""What the home page shows: the newest runs with their headline metric, and the projects with their activity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate

from apps.core import clock, json_values
from apps.core.errors import NotFound, Unauthenticated
from apps.core.text import is_storable
from apps.orgs import access as org_access
from apps.orgs.actor import Actor
from apps.orgs.models import Org, held_in_org
from apps.orgs.permissions import Perm
from apps.projects.models import Project, granted_on_project
from apps.runs.models import Run, granted_on_run

RECENT_RUNS = 10
MAX_SHARED = 10
ACTIVITY_DAYS = 30
BAR_PITCH, BAR_WIDTH, BAR_HEIGHT = 5, 3, 18


@dataclass(frozen=True)
class Bar:
    """One day of a project's activity as a rectangle, in pixels."""

    x: int
    y: int
    height: int


@dataclass(frozen=True)
class RunRow:
    """A run with its value of the headline metric."""

    run: Run
    value: Any

    @property
    def is_broken(self) -> bool:
        """Whether the run ended badly with no number to show for it."""
        return self.run.state in {Run.State.CRASHED, Run.State.FAILED} and self.value != self.value


def recent_runs(actor: Actor) -> list[Run]:
    """Return the newest runs that `actor` can see, those that are running first."""
    project = Project.objects.visible_to(actor).filter(pk=OuterRef("project"))
    newest = Run.objects.visible_to(actor).annotate(shows_project=Exists(project))
    newest = newest.with_documents().order_by("-pk")
    running = list(newest.filter(state=Run.State.RUNNING)[:RECENT_RUNS])
    ended = list(newest.exclude(state=Run.State.RUNNING)[: RECENT_RUNS - len(running)])
    return running + ended


def headline_key(runs: Iterable[Run]) -> str | None:
    """Choose the metric that most of these runs have in their summary, a loss if there is one."""
    seen: Counter[str] = Counter()
    for run in runs:
        for key, item in run.document.summary.items():
            if isinstance(item, int | float | str) and not isinstance(item, bool):
                seen[key] += 1
    if not seen:
        return None
    return max(seen, key=lambda key: ("loss" in key, seen[key], -len(key), key))


def with_headline(runs: Iterable[Run], key: str | None) -> list[RunRow]:
    """Put each run's value of the headline metric beside it; None where it has none."""
    return [RunRow(run, json_values.decode(run.document.summary.get(key))) for run in runs]


def projects_with_counts(actor: Actor) -> QuerySet[Project]:
    """Return the projects that `actor` can see, the latest active first, counted: `run_count`, `running_count`."""
    runs = Run.objects.visible_to(actor).filter(project=OuterRef("pk")).order_by()
    per_project = runs.values("project")
    running = Count("pk", filter=Q(state=Run.State.RUNNING))
    return (
        Project.objects.visible_to(actor)
        .select_related("org")
        .annotate(
            run_count=Coalesce(Subquery(per_project.annotate(n=Count("pk")).values("n")), 0),
            running_count=Coalesce(Subquery(per_project.annotate(n=running).values("n")), 0),
            active_at=Coalesce(
                Subquery(runs.order_by("-pk").values("heartbeat_at")[:1]), "updated_at"
            ),
        )
        .order_by("-active_at", "-pk")
    )


def shared_projects(actor: Actor) -> QuerySet[Project]:
    """Return the newest projects that `actor` can see by a grant on them alone, no role in their org."""
    if actor.user_id is None or actor.is_superuser:
        return Project.objects.none()
    granted = granted_on_project(actor.user_id, Perm.PROJECT_VIEW)
    by_org = held_in_org(actor, Perm.PROJECT_VIEW, "org_id")
    projects = Project.objects.visible_to(actor).filter(granted & ~by_org)
    return projects.select_related("org").order_by("-pk")[:MAX_SHARED]


def shared_runs(actor: Actor) -> QuerySet[Run]:
    """Return the newest runs that were given to `actor`, or a team of theirs, by themselves."""
    if actor.user_id is None or actor.is_superuser:
        return Run.objects.none()
    runs = Run.objects.visible_to(actor).filter(granted_on_run(actor.user_id, Perm.RUN_VIEW))
    return runs.select_related("project__org").order_by("-pk")[:MAX_SHARED]


def get_org_with_projects(actor: Actor, slug: str) -> Org:
    """Return an org that `actor` can see, or one in which they can see a project; raise NotFound for any other."""
    try:
        return org_access.get_org(actor, slug)
    except (NotFound, Unauthenticated):
        project = Project.objects.visible_to(actor).filter(org__slug=slug).select_related("org")
        found = project.first() if is_storable(slug) else None
        if found is None:
            raise
        return found.org


def add_activity(actor: Actor, projects: Sequence[Any]) -> None:
    """Put `bars` on each project: runs started on each of the last 30 days, the busiest day at full height."""
    today = clock.now().date()
    first = today - timedelta(days=ACTIVITY_DAYS - 1)
    started: dict[int, dict[date, int]] = {project.pk: {} for project in projects}
    rows = (
        Run.objects.visible_to(actor)
        .filter(project__in=started, created_at__date__gte=first)
        .order_by()
        .annotate(day=TruncDate("created_at"))
        .values_list("project_id", "day")
        .annotate(n=Count("pk"))
    )
    for project_id, day, number in rows:
        started[project_id][day] = number
    for project in projects:
        project.bars = _bars(
            [started[project.pk].get(first + timedelta(days=d), 0) for d in range(ACTIVITY_DAYS)]
        )


def _bars(days: list[int]) -> list[Bar]:
    busiest = max(days) or 1
    bars = []
    for index, number in enumerate(days):
        height = max(3, round(BAR_HEIGHT * number / busiest)) if number else 1
        bars.append(Bar(index * BAR_PITCH, BAR_HEIGHT - height, height))
    return bars
