"""Why somebody may do something: the rows behind the one rule, loaded for people to read.

The rule itself is in the predicates (`held_in_org` and those above it), which never load a grant. Tests prove for
random worlds that a reason is found just where the rule says yes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from apps.orgs.actor import Actor
from apps.orgs.models import Membership, Org, OrgLineage, Role, User
from apps.orgs.permissions import Perm


class Source(StrEnum):
    """Where a right comes from."""

    ADMINISTRATOR = "administrator"
    ORG_ROLE = "org_role"
    PROJECT_ROLE = "project_role"
    PROJECT_SHARE = "project_share"
    RUN_SHARE = "run_share"
    PUBLIC = "public"


class Limit(StrEnum):
    """What takes a right away, whatever grants it."""

    SCOPE = "scope"
    ORG_OF_KEY = "org_of_key"
    PROJECT_OF_KEY = "project_of_key"
    TRASH = "trash"


LIMIT_WORDS = {
    Limit.SCOPE: _("The API key is not made for this permission."),
    Limit.ORG_OF_KEY: _("The API key is made for another organisation."),
    Limit.PROJECT_OF_KEY: _("The API key is made for one project alone, and not for this."),
    Limit.TRASH: _("It is in the trash."),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One grant, and the permissions that it holds."""

    source: Source
    permissions: frozenset[Perm]
    role: Role | None = None
    org: Org | None = None
    team: Group | None = None
    level: str = ""
    since: datetime | None = None
    by: User | None = None

    @property
    def shown(self) -> list[Perm]:
        """Its permissions in a fixed order."""
        return sorted(self.permissions)

    @property
    def team_title(self) -> str:
        """The team's name for people; one of Django's own groups has only its name."""
        return "" if self.team is None else str(getattr(self.team, "title", self.team.name))


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether an actor holds a permission, by what, and what else they were given that does not hold it."""

    perm: Perm
    reasons: list[Reason]
    weaker: list[Reason] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)

    @property
    def is_allowed(self) -> bool:
        return bool(self.reasons) and not self.limits


Reasons = defaultdict[int, list[Reason]]


def explained(perm: Perm, found: Iterable[Reason], limits: list[Limit]) -> Explanation:
    """Part the grants into those that hold `perm` and those that do not."""
    grants = list(found)
    return Explanation(
        perm,
        [reason for reason in grants if perm in reason.permissions],
        [reason for reason in grants if perm not in reason.permissions],
        limits,
    )


def explain(actor: Actor, perm: Perm, org: Org) -> Explanation:
    """Name what lets `actor` do `perm` in an org, and what keeps them from it."""
    found = reasons_in_org(org.pk, _known(actor))[actor.user_id or 0]
    limits = limits_of(actor, perm, org.pk)
    if actor.only_project_id is not None:
        limits.append(Limit.PROJECT_OF_KEY)
    return explained(perm, found, limits)


def _known(actor: Actor) -> list[int]:
    return [] if actor.user_id is None else [actor.user_id]


def reasons_in_org(org_id: int, user_ids: Collection[int]) -> Reasons:
    """Return, per person, the roles in an org and those above it, and that they administer the installation."""
    reasons: Reasons = defaultdict(list)
    for pk in User.objects.filter(pk__in=user_ids, is_superuser=True).values_list("pk", flat=True):
        reasons[pk].append(Reason(Source.ADMINISTRATOR, frozenset(Perm)))
    memberships = (
        Membership.objects.filter(user_id__in=user_ids, org__descents__org_id=org_id)
        .select_related("role", "org")
        .prefetch_related("role__permissions")
        .order_by("org__descents__distance")
    )
    for membership in memberships:
        reasons[membership.user_id].append(
            Reason(
                Source.ORG_ROLE,
                permissions_of(membership.role),
                role=membership.role,
                org=membership.org,
                since=membership.created_at,
            )
        )
    return reasons


def permissions_of(role: Role) -> frozenset[Perm]:
    """Return what a role holds; prefetch `permissions` where there are many."""
    return frozenset(Perm(row.perm) for row in role.permissions.all())


def limits_of(actor: Actor, perm: Perm, org_id: int) -> list[Limit]:
    """Name what a key or a session takes away in an org, whatever its owner holds."""
    limits = []
    if perm not in actor.cap:
        limits.append(Limit.SCOPE)
    if actor.only_org_id is not None:
        lines = OrgLineage.objects.filter(org_id=org_id, ancestor_id=actor.only_org_id)
        if not lines.exists():
            limits.append(Limit.ORG_OF_KEY)
    return limits
