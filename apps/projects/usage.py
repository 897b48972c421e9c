"""How much projects and orgs hold: measured now and then, and read from what was measured.

What lies above this app tells what it holds by a function of its own, given to `register` when the server starts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Sum

from apps.core import clock
from apps.orgs.models import Membership, Org
from apps.projects.models import OrgUsage, Project, ProjectUsage, UsageQuerySet

# {project: {field of Usage: amount}}, in a few queries however many projects there are.
Amounts = Mapping[int, Mapping[str, int]]
Measure = Callable[[Collection[int]], Amounts]

FIELDS = (
    *("metric_bytes", "console_bytes", "document_bytes"),
    *("points", "runs", "trashed_runs"),
)
# So many projects at a time, which bounds the memory.
CHUNK = 500
_measures: list[Measure] = []


def register(measure: Measure) -> None:
    """Have a function measure what its app holds of projects. The same one again changes nothing."""
    if measure not in _measures:
        _measures.append(measure)


def measure_all() -> None:
    """Measure every project, those in the trash too, then every org. Safe to repeat and to stop half-way."""
    ids = list(Project.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        measure_projects(ids[start : start + CHUNK])
    measure_orgs()


def measure_projects(project_ids: Collection[int]) -> None:
    """Measure these projects."""
    now = clock.now()
    totals: dict[int, dict[str, int]] = {pk: dict.fromkeys(FIELDS, 0) for pk in project_ids}
    for measure in _measures:
        for project_id, amounts in measure(project_ids).items():
            for field, amount in amounts.items():
                totals[project_id][field] += amount
    with transaction.atomic():
        # One that was deleted for good meanwhile must not come back as a broken reference.
        kept = set(
            Project.objects.select_for_update(no_key=True)
            .filter(pk__in=project_ids)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        ProjectUsage.objects.bulk_create(
            [ProjectUsage(project_id=pk, measured_at=now, **totals[pk]) for pk in sorted(kept)],
            update_conflicts=True,
            update_fields=[*FIELDS, "measured_at"],
            unique_fields=["project"],
        )


@transaction.atomic
def measure_orgs() -> None:
    """Add up what was measured of projects to what each org holds with those below it."""
    now = clock.now()
    sums = _sums_of_orgs()
    seats = count_seats()
    orgs = Org.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)
    OrgUsage.objects.bulk_create(
        [
            OrgUsage(org_id=pk, measured_at=now, seats=seats.get(pk, 0), **sums.get(pk, {}))
            for pk in list(orgs)
        ],
        update_conflicts=True,
        update_fields=[*FIELDS, "seats", "measured_at"],
        unique_fields=["org"],
    )


def _sums_of_orgs() -> dict[int, dict[str, int]]:
    rows = ProjectUsage.objects.values_list("project__org__ascents__ancestor").annotate(
        *(Sum(field) for field in FIELDS)
    )
    return {org_id: dict(zip(FIELDS, amounts, strict=True)) for org_id, *amounts in rows}


def count_seats() -> dict[int, int]:
    """Return how many active people are members of each org or of one below it."""
    people = Membership.objects.filter(user__is_active=True, user__service_org=None)
    rows = people.values_list("org__ascents__ancestor").annotate(seats=Count("user", distinct=True))
    return dict(rows)


def of_org(org: Org) -> OrgUsage | None:
    """Return what an org that was loaded through access held when it was last measured."""
    return OrgUsage.objects.filter(org=org).first()


def of_project(project: Project) -> ProjectUsage | None:
    """Return what a project that was loaded through access held when it was last measured."""
    return ProjectUsage.objects.filter(project=project).first()


def of_all_orgs() -> UsageQuerySet:
    """Return what every org holds, for administrators of the installation."""
    return OrgUsage.objects.select_related("org__quota", "org__owner")


def latest_measure() -> datetime | None:
    """Return when the orgs were last measured, None before the first time."""
    return OrgUsage.objects.order_by("-measured_at").values_list("measured_at", flat=True).first()


def by_field(rows: Mapping[str, Mapping[int, int]]) -> Amounts:
    """Turn {field: {project: amount}} round, as `Measure` returns it."""
    amounts: dict[int, dict[str, int]] = defaultdict(dict)
    for field, of_projects in rows.items():
        for project_id, amount in of_projects.items():
            amounts[project_id][field] = amount
    return amounts
