"""Giving people and teams access to one project or one run, and taking it away.

Two kinds of grant: a role on a project, and a level of sharing, which is a set of named permissions on the
project or run itself (django-guardian's rows). Nobody gives or takes a permission that they lack themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm

from apps.core.errors import Forbidden, Invalid
from apps.orgs.actor import Actor
from apps.orgs.explain import Reasons, permissions_of
from apps.orgs.models import Role, Team, User
from apps.orgs.permissions import ON_PROJECT, Perm
from apps.orgs.services import announce_access_changed
from apps.projects.explain import reasons_on_project, shares_with_people, shares_with_teams
from apps.projects.levels import OF_PROJECT, Levels
from apps.projects.models import Project, ProjectGrant

Holder = User | Team


@dataclass(frozen=True, slots=True)
class Shared:
    """What somebody shares, a project or a run of one, with what they hold on it themselves."""

    actor: Actor
    thing: Any
    project: Project
    levels: Levels
    held: frozenset[Perm]
    reasons: Callable[[Collection[int]], Reasons]

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.project.display_name if self.is_project else str(self.thing.name)

    @property
    def is_project(self) -> bool:
        return isinstance(self.thing, Project)


def shared_project(actor: Actor, project: Project) -> Shared:
    """Return a project that was loaded through access as something to share."""
    held = held_on_project(actor, project)
    return Shared(actor, project, project, OF_PROJECT, held, partial(reasons_on_project, project))


def held_on_project(actor: Actor, project: Project) -> frozenset[Perm]:
    """Return all that `actor` may do on a project, in one query."""
    perms = sorted(ON_PROJECT)
    held = {
        perm.codename: Exists(Project.objects.visible_to(actor, perm).filter(pk=OuterRef("pk")))
        for perm in perms
    }
    row = Project.objects.filter(pk=project.pk).annotate(**held).values(*held).first() or {}
    return frozenset(perm for perm in perms if row.get(perm.codename))


def roles_for(project: Project) -> QuerySet[Role]:
    """Return the roles that can be given on a project: built-in ones, and those of its org and above."""
    return Role.objects.filter(Q(org=None) | Q(org__descents__org=project.org_id)).order_by(
        "org_id", "created_at", "key"
    )


@transaction.atomic
def grant_role(*, shared: Shared, to: Holder, role: Role) -> ProjectGrant:
    """Give a person or team a role on the project, in place of any other role or share on it.

    Raises Forbidden for more than one holds oneself, Invalid for a role of another org.
    """
    _begin(shared, to)
    if not shared.is_project or not roles_for(shared.project).filter(pk=role.pk).exists():
        raise Invalid(_("This role cannot be given here."), fields={"role": [role.label]})
    _refuse_more_than_held(shared, permissions_of(role) & ON_PROJECT)
    _remove_shares(shared, to)
    grant, _is_new = ProjectGrant.objects.update_or_create(
        project=shared.project,
        **_holder(to),
        defaults={"role": role, "created_by_id": shared.actor.user_id},
    )
    announce(to)
    return grant


@transaction.atomic
def share(*, shared: Shared, to: Holder, level: str) -> None:
    """Share a project or run with a person or team at a level, in place of any other role or share on it.

    Raises Forbidden for more than one holds oneself, Invalid for no level.
    """
    _begin(shared, to)
    if level not in shared.levels:
        known = ", ".join(shared.levels)
        raise Invalid(_("Levels are %(known)s.") % {"known": known}, fields={"level": [level]})
    _refuse_more_than_held(shared, shared.levels[level])
    _remove_role(shared, to)
    _remove_shares(shared, to)
    for perm in sorted(shared.levels[level]):
        assign_perm(perm.codename, to, shared.thing)
    announce(to)


@transaction.atomic
def unshare(*, shared: Shared, to: Holder) -> None:
    """Take back the role and the share that a person or team has on a project or run. Doing it twice is fine."""
    _lock(shared)
    if not is_self(shared, to):
        _refuse_more_than_held(shared, _given(shared, to))
    _remove_role(shared, to)
    _remove_shares(shared, to)
    announce(to)


def is_self(shared: Shared, to: Holder) -> bool:
    """Tell whether somebody is about to give up what they have themselves, which everybody may."""
    return isinstance(to, User) and to.pk == shared.actor.user_id


def _begin(shared: Shared, to: Holder) -> None:
    _lock(shared)
    if isinstance(to, User) and not to.is_active:
        raise Invalid(_("%(user)s is deactivated.") % {"user": to}, fields={"user": [str(to)]})
    # What is there already is replaced, so it has to be one's own to take.
    _refuse_more_than_held(shared, _given(shared, to))


def _lock(shared: Shared) -> None:
    """Let nobody else change what is given on this project or run until the transaction ends."""
    type(shared.thing).objects.select_for_update(of=("self",)).filter(pk=shared.thing.pk).first()


def _given(shared: Shared, to: Holder) -> frozenset[Perm]:
    """Return what a person or team was given on the project or run itself."""
    if isinstance(to, User):
        given = shares_with_people(shared.thing, [to.pk]).get(to.pk, frozenset())
    else:
        given = shares_with_teams(shared.thing).get(to.pk, frozenset())
    grant = _roles(shared, to).select_related("role").first()
    return given if grant is None else given | (permissions_of(grant.role) & ON_PROJECT)


def _refuse_more_than_held(shared: Shared, permissions: frozenset[Perm]) -> None:
    lacking = permissions - shared.held
    if lacking:
        raise Forbidden(
            _("You cannot give or take what you do not have yourself: %(permissions)s.")
            % {"permissions": ", ".join(sorted(lacking))}
        )


def roles_given(shared: Shared) -> QuerySet[ProjectGrant]:
    """Return the roles given on what is shared; a run has none of its own."""
    grants = ProjectGrant.objects.filter(project=shared.project)
    return grants if shared.is_project else grants.none()


def _roles(shared: Shared, to: Holder) -> QuerySet[ProjectGrant]:
    return roles_given(shared).filter(**_holder(to))


def _remove_role(shared: Shared, to: Holder) -> None:
    _roles(shared, to).delete()


def _remove_shares(shared: Shared, to: Holder) -> None:
    if isinstance(to, User):
        shared.thing.person_grants.filter(user=to).delete()
    else:
        shared.thing.team_grants.filter(group=to).delete()


def _holder(to: Holder) -> dict[str, Any]:
    return {"user": to} if isinstance(to, User) else {"team": to}


def announce(to: User | Group) -> None:
    """Make the caches and sockets of everybody concerned look again."""
    members = [to.pk] if isinstance(to, User) else to.user_set.values_list("pk", flat=True)
    for user_id in members:
        announce_access_changed(user_id)
