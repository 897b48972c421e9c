"""Limits on what projects and orgs hold: how near they are, and the refusal where one is reached.

Storage and points count as they were last measured, so that asking costs two small queries; runs are counted anew
by who makes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import clock, formats
from apps.core.errors import Invalid, QuotaExceeded
from apps.orgs.models import Org, OrgQuota, Quota
from apps.projects.models import OrgUsage, Project, ProjectQuota, ProjectUsage

# From this share of a limit on, people are warned.
WARN_AT = 0.8
WARNING_HEADER = "X-Quota-Warning"
STORAGE, RUNS, POINTS, SEATS = "storage_bytes", "runs", "points", "seats"


@dataclass(frozen=True)
class Limit:
    """One limit and how much of it is used. `org` is None for the limit of a project itself."""

    what: str
    used: int
    limit: int
    holder: str
    org: Org | None

    @property
    def share(self) -> float:
        """How much of it is used: 1 is all."""
        return self.used / self.limit if self.limit else 1.0

    @property
    def percent(self) -> int:
        return min(100, int(self.share * 100))

    @property
    def is_near(self) -> bool:
        return self.share >= WARN_AT

    @property
    def is_reached(self) -> bool:
        return self.used >= self.limit

    @property
    def sentence(self) -> str:
        """What is used of what, for people."""
        write = formats.storage if self.what == STORAGE else formats.count
        texts = {
            STORAGE: _("%(holder)s uses %(used)s of %(limit)s of storage."),
            RUNS: _("%(holder)s has %(used)s of %(limit)s runs."),
            POINTS: _("%(holder)s has %(used)s of %(limit)s points."),
            SEATS: _("%(holder)s has given %(used)s of %(limit)s seats."),
        }
        values = {
            "holder": self.holder,
            "used": write(self.used),
            "limit": write(self.limit),
        }
        return texts[self.what] % values

    @property
    def whom_to_ask(self) -> str:
        """Who can change it."""
        if self.org is not None:
            return _("Ask an administrator of this installation for more, or make room.")
        return _("Ask an admin of the organisation for more, or make room.")

    @property
    def header(self) -> str:
        """The warning as an HTTP header, which knows ASCII only."""
        return f"{self.what} {self.used}/{self.limit} {quote(self.holder)}"

    def refusal(self) -> QuotaExceeded:
        """Return the error that says that it is reached."""
        return QuotaExceeded(
            _("The limit is reached: %(sentence)s %(ask)s")
            % {"sentence": self.sentence, "ask": self.whom_to_ask},
            what=self.what,
            used=self.used,
            limit=self.limit,
            holder=self.holder,
        )


def limits_on(project: Project) -> list[Limit]:
    """Return all limits that hold for a project: its own, and those of its org and the orgs above."""
    limits = limits_of_org(project.org)
    found = ProjectQuota.objects.filter(project=project).first()
    if found is not None:
        used = ProjectUsage.objects.filter(project=project).first()
        limits += _limits(found, used, str(project), None)
    return limits


def limits_of_org(org: Org) -> list[Limit]:
    """Return the limits that hold for an org: its own, and those of the orgs above."""
    quotas = OrgQuota.objects.filter(org__descents__org=org).select_related("org__usage")
    return [
        limit
        for found in quotas.order_by("org_id")
        for limit in _limits(found, getattr(found.org, "usage", None), found.org.slug, found.org)
    ]


def _limits(
    found: Quota, used: OrgUsage | ProjectUsage | None, holder: str, org: Org | None
) -> Iterable[Limit]:
    for what, limit in found.amounts().items():
        if limit is not None:
            yield Limit(what, getattr(used, what, 0), limit, holder, org)


def nearest(limits: Iterable[Limit]) -> Limit | None:
    """Return the limit to warn of: the one that is nearest to being reached, if one is near."""
    return max((limit for limit in limits if limit.is_near), key=lambda it: it.share, default=None)


def check_room(limits: Iterable[Limit], whats: Collection[str]) -> None:
    """Raise QuotaExceeded if one of these limits is reached."""
    for limit in limits:
        if limit.what in whats and limit.is_reached:
            raise limit.refusal()


def of_org(org: Org) -> OrgQuota | None:
    """Return the limits that were set for an org that was loaded through access."""
    return OrgQuota.objects.filter(org=org).first()


def of_project(project: Project) -> ProjectQuota | None:
    """Return the limits that were set for a project that was loaded through access."""
    return ProjectQuota.objects.filter(project=project).first()


@transaction.atomic
def set_project_quota(*, project: Project, **amounts: int | None) -> ProjectQuota:
    """Set the limits that are given, None for no limit; the others stay.

    Raises Invalid naming the field, also where the org has a lower limit.
    """
    found = ProjectQuota.objects.select_for_update().filter(project=project).first()
    found = found or ProjectQuota(project=project)
    for name, amount in amounts.items():
        if name not in ProjectQuota.AMOUNTS:
            raise ValueError(f"no limit of a project: {name}")
        setattr(found, name, amount)
    found.changed_at = clock.now()
    problems = _beyond(project, amounts)
    try:
        found.full_clean(validate_unique=False)
    except ValidationError as error:
        problems |= error.message_dict
    if problems:
        raise Invalid(_("These limits cannot be set."), fields=problems)
    found.save()
    return found


def _beyond(project: Project, amounts: dict[str, int | None]) -> dict[str, list[str]]:
    """Name the limits that are above the org's."""
    problems: dict[str, list[str]] = {}
    for limit in limits_of_org(project.org):
        amount = amounts.get(limit.what)
        if amount is not None and amount > limit.limit:
            text = _("%(holder)s may hold %(limit)d only.")
            problems[limit.what] = [text % {"holder": limit.holder, "limit": limit.limit}]
    return problems
