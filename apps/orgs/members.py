"""Who belongs to an organisation: its own members, and those of the orgs above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from apps.orgs.models import ApiKey, Membership, Org, Role, Team, User
from apps.orgs.permissions import BuiltinRole


@dataclass
class Member:
    """Somebody who belongs to an org: `role` is given in it, `inherited` are those given in orgs above."""

    user: User
    role: Role | None = None
    inherited: list[Membership] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    is_owner: bool = False

    @property
    def active_at(self) -> datetime | None:
        """When they last signed in or used a key."""
        at: datetime | None = self.user.active_at  # type: ignore[attr-defined]  # annotated by belonging_to
        return at


def belonging_to(org: Org) -> QuerySet[User]:
    """Return those who belong to `org`, with `active_at`."""
    memberships = Membership.objects.filter(org__descents__org=org, user=OuterRef("pk"))
    used = ApiKey.objects.filter(user=OuterRef("pk")).order_by().values("user")
    last_used = Subquery(used.annotate(at=Max("last_used_at")).values("at"))
    return User.objects.filter(Exists(memberships)).annotate(
        # SQLite's greatest value of a NULL and another is NULL.
        active_at=Greatest(Coalesce("last_login", last_used), Coalesce(last_used, F("last_login")))
    )


def belongs(user: User, org: Org) -> bool:
    """Tell whether somebody is a member of `org` or of one above it."""
    return Membership.objects.filter(org__descents__org=org, user=user).exists()


def search(org: Org, *, words: str = "", role: str = "", team: str = "") -> QuerySet[User]:
    """Return the members of `org` whose names or addresses hold all words, and who have a role or are in a team."""
    people = belonging_to(org)
    for word in words.split():
        people = people.filter(
            Q(username__icontains=word) | Q(name__icontains=word) | Q(email__icontains=word)
        )
    if role:
        held = Membership.objects.filter(org__descents__org=org, user=OuterRef("pk"), role=role)
        people = people.filter(Exists(held))
    if team:
        people = people.filter(Exists(Team.objects.filter(org=org, slug=team, user=OuterRef("pk"))))
    return people


def described(org: Org, people: Sequence[User]) -> list[Member]:
    """Say of each of these members of `org` which roles and teams they have there."""
    members = {user.pk: Member(user, is_owner=user.pk == org.owner_id) for user in people}
    memberships = (
        Membership.objects.filter(org__descents__org=org, user__in=members)
        .select_related("org", "role")
        .order_by("org__descents__distance")
    )
    for membership in memberships:
        member = members[membership.user_id]
        if membership.org_id == org.pk:
            member.role = membership.role
        else:
            member.inherited.append(membership)
    for team in Team.objects.filter(org=org, user__in=members).annotate(member_id=F("user")):
        members[team.member_id].teams.append(team)
    return list(members.values())


def admins_of(org: Org) -> QuerySet[User]:
    """Return the active people who are admins of `org`, by themselves or from above."""
    held = Membership.objects.filter(
        org__descents__org=org, user=OuterRef("pk"), role=BuiltinRole.ADMIN
    )
    return User.objects.filter(Exists(held), is_active=True, service_org=None)
