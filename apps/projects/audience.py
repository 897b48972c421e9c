"""Who can reach a project or a run, and why; and whom it can be shared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.core.text import is_storable
from apps.orgs.actor import Actor
from apps.orgs.explain import Reason, permissions_of
from apps.orgs.models import Membership, Org, Role, Team, User
from apps.orgs.permissions import ON_PROJECT, Perm
from apps.projects.explain import shares_with_people, shares_with_teams
from apps.projects.levels import highest_level, label_of, level_of
from apps.projects.models import ProjectGrant
from apps.projects.sharing import Holder, Shared

MAX_FOUND = 8


@dataclass(frozen=True)
class Reach:
    """A person who can reach a project or run, by what, and how far."""

    user: User
    reasons: list[Reason]
    permissions: frozenset[Perm]
    level: str

    @property
    def label(self) -> str:
        """How far they reach, in words."""
        return label_of(self.level)


@dataclass(frozen=True)
class Given:
    """What a person or team was given on the project or run itself, which can be changed in place."""

    holder: Any
    role: Role | None = None
    level: str = ""
    permissions: frozenset[Perm] = frozenset()
    member_count: int = 0

    @property
    def is_team(self) -> bool:
        return isinstance(self.holder, Team)

    @property
    def name(self) -> str:
        return str(self.holder) if self.is_team else str(self.holder.username)

    @property
    def label(self) -> str:
        """What was given, in words."""
        return self.role.label if self.role is not None else label_of(self.level)

    @property
    def choice(self) -> str:
        """Its value in the list of what can be given."""
        return f"role:{self.role.pk}" if self.role is not None else self.level


def people_who_reach(shared: Shared) -> QuerySet[User]:
    """Return the people with a role or share that lets them do something with a project or run.

    Without those who administer the installation, and those who see it because it is public.
    """
    project = shared.project
    of_role = {"role__permissions__perm__in": sorted(ON_PROJECT)}
    members = Membership.objects.filter(org__descents__org=project.org_id, **of_role)
    grants = ProjectGrant.objects.filter(project=project, **of_role)
    things = [project] if shared.is_project else [project, shared.thing]
    in_teams = Q(group_id__in=grants.exclude(team=None).values("team_id"))
    found = Q(pk__in=members.values("user_id"))
    found |= Q(pk__in=grants.exclude(user=None).values("user_id"))
    for thing in things:
        found |= Q(pk__in=thing.person_grants.values("user_id"))
        in_teams |= Q(group_id__in=thing.team_grants.values("group_id"))
    in_those = User.groups.through.objects.filter(in_teams)
    return User.objects.filter(found | Q(pk__in=in_those.values("user_id")), is_active=True)


def reached_by(shared: Shared, people: Iterable[User]) -> list[Reach]:
    """Put beside people of `people_who_reach` what lets them in, and how far."""
    users = list(people)
    reasons = shared.reasons([user.pk for user in users])
    rows = []
    for user in users:
        found = [reason for reason in reasons[user.pk] if reason.permissions & ON_PROJECT]
        held = frozenset[Perm]().union(*(reason.permissions for reason in found)) & ON_PROJECT
        rows.append(Reach(user, found, held, highest_level(held, shared.levels)))
    return rows


def given_on(shared: Shared) -> list[Given]:
    """Return what people and teams were given on the project or run itself: teams first, then people by name."""
    roles = ProjectGrant.objects.filter(project=shared.project).select_related("role")
    of_people = {
        grant.user_id: grant.role for grant in roles if shared.is_project and grant.user_id
    }
    of_teams = {grant.team_id: grant.role for grant in roles if shared.is_project and grant.team_id}
    with_people = shares_with_people(shared.thing)
    with_teams = shares_with_teams(shared.thing)
    teams = (
        Team.objects.filter(Q(pk__in=of_teams) | Q(pk__in=with_teams))
        .select_related("org")
        .annotate(member_count=Count("user"))
        .order_by("slug")
    )
    people = User.objects.filter(Q(pk__in=of_people) | Q(pk__in=with_people)).order_by("username")
    return [
        *(
            _given(shared, team, of_teams.get(team.pk), with_teams.get(team.pk), team.member_count)
            for team in teams
        ),
        *(
            _given(shared, user, of_people.get(user.pk), with_people.get(user.pk))
            for user in people
        ),
    ]


def _given(
    shared: Shared,
    holder: Holder,
    role: Role | None,
    permissions: frozenset[Perm] | None,
    member_count: int = 0,
) -> Given:
    shares = permissions or frozenset[Perm]()
    held = shares if role is None else shares | (permissions_of(role) & ON_PROJECT)
    return Given(holder, role, level_of(shares, shared.levels), held, member_count)


def find_holder(shared: Shared, name: str) -> Holder:
    """Return the person of this username or e-mail address, or the team "org/team".

    A person has to be named in full, and so can be anybody; a team has to be one of an org that one can see, or
    have been given something here already. Raises NotFound.
    """
    found: Holder | None = None
    if is_storable(name) and "/" in name:
        org, _slash, slug = name.strip().partition("/")
        is_known = Q(org__in=Org.objects.visible_to(shared.actor)) | Q(
            pk__in=[given.holder.pk for given in given_on(shared) if given.is_team]
        )
        teams = Team.objects.filter(is_known, org__slug=org, slug=slug)
        found = teams.select_related("org").first()
    else:
        found = find_person(name)
    if found is None:
        raise NotFound(
            _("There is no person or team %(name)s. Give the whole username or e-mail address.")
            % {"name": name[:100]},
            code="holder_not_found",
        )
    return found


def find_person(name: str) -> User | None:
    """Return the person of this whole username or e-mail address."""
    given = name.strip().lower()
    if not given or not is_storable(given):
        return None
    return User.objects.filter(Q(username=given) | Q(email=given)).first()


def suggested(actor: Actor, text: str) -> list[Holder]:
    """Return a few teams and people whose name contains a text, of the orgs that `actor` can see and no others."""
    wanted = text.strip()
    if not wanted or not is_storable(wanted):
        return []
    orgs = Org.objects.visible_to(actor)
    teams = Team.objects.filter(org__in=orgs).filter(
        Q(slug__icontains=wanted) | Q(title__icontains=wanted)
    )
    people = User.objects.filter(
        Q(username__icontains=wanted) | Q(name__icontains=wanted) | Q(email__icontains=wanted),
        pk__in=Membership.objects.filter(org__in=orgs).values("user_id"),
        is_active=True,
    )
    found: list[Holder] = [*teams.select_related("org").order_by("slug")[:MAX_FOUND]]
    found += people.order_by("username")[: MAX_FOUND - len(found)]
    return found
