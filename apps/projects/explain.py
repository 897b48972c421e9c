"""Why somebody may do something on a project: the grants behind `project_predicate`, in words and rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import F, QuerySet

from apps.orgs.actor import Actor
from apps.orgs.explain import (
    Explanation,
    Limit,
    Reason,
    Reasons,
    Source,
    explained,
    limits_of,
    permissions_of,
    reasons_in_org,
)
from apps.orgs.permissions import PUBLIC, Perm
from apps.projects.levels import OF_PROJECT, PERM_OF_CODENAME, Levels, level_of
from apps.projects.models import Project, ProjectGrant


def explain(actor: Actor, perm: Perm, project: Project) -> Explanation:
    """Name what lets `actor` do `perm` on a project, and what keeps them from it."""
    found = [*reasons_of(actor, project), *public_reasons(actor, project)]
    return explained(perm, found, project_limits(actor, perm, project))


def reasons_of(actor: Actor, project: Project) -> list[Reason]:
    """Return everything that was given to `actor` on a project."""
    if actor.user_id is None:
        return []
    return reasons_on_project(project, [actor.user_id])[actor.user_id]


def public_reasons(actor: Actor, project: Project) -> list[Reason]:
    """Return what being public gives."""
    is_open = not actor.is_anonymous or settings.ANONYMOUS_ACCESS
    return [Reason(Source.PUBLIC, PUBLIC)] if project.is_public and is_open else []


def project_limits(actor: Actor, perm: Perm, project: Project) -> list[Limit]:
    """Name what takes `perm` away on a project, whoever was given it."""
    limits = limits_of(actor, perm, project.org_id)
    if actor.only_project_id not in (None, project.pk):
        limits.append(Limit.PROJECT_OF_KEY)
    if project.deleted_at is not None:
        limits.append(Limit.TRASH)
    return limits


def reasons_on_project(project: Project, user_ids: Collection[int]) -> Reasons:
    """Return, per person, everything that they were given: in the org, on the project, through teams."""
    reasons = reasons_in_org(project.org_id, user_ids)
    grants = (
        ProjectGrant.objects.filter(project=project)
        .select_related("role", "created_by", "team__org")
        .prefetch_related("role__permissions")
    )
    for grant in grants.filter(user_id__in=user_ids):
        reasons[grant.user_id or 0].append(_of_grant(grant))
    through_teams: QuerySet[Any] = grants.filter(team__user__in=user_ids)
    for grant in through_teams.annotate(member_id=F("team__user__pk")):
        reasons[grant.member_id].append(_of_grant(grant))
    add_shares(reasons, project, Source.PROJECT_SHARE, OF_PROJECT, user_ids)
    return reasons


def _of_grant(grant: ProjectGrant) -> Reason:
    return Reason(
        Source.PROJECT_ROLE,
        permissions_of(grant.role),
        role=grant.role,
        team=grant.team,
        since=grant.created_at,
        by=grant.created_by,
    )


def add_shares(
    reasons: Reasons, thing: Any, source: Source, levels: Levels, user_ids: Collection[int]
) -> None:
    """Add what was shared of `thing`, a project or run, with each of these people and their teams."""
    for user_id, permissions in shares_with_people(thing, user_ids).items():
        reasons[user_id].append(Reason(source, permissions, level=level_of(permissions, levels)))
    with_teams = shares_with_teams(thing)
    groups: QuerySet[Any] = Group.objects.filter(pk__in=with_teams, user__in=user_ids)
    for group in groups.select_related("team__org").annotate(member_id=F("user__pk")):
        permissions = with_teams[group.pk]
        level = level_of(permissions, levels)
        team = getattr(group, "team", group)
        reasons[group.member_id].append(Reason(source, permissions, team=team, level=level))


def shares_with_people(
    thing: Any, user_ids: Collection[int] | None = None
) -> dict[int, frozenset[Perm]]:
    """Return the permissions that each person was given on `thing` itself."""
    rows = thing.person_grants.all()
    if user_ids is not None:
        rows = rows.filter(user_id__in=user_ids)
    return _gathered(rows.values_list("user_id", "permission__codename"))


def shares_with_teams(thing: Any) -> dict[int, frozenset[Perm]]:
    """Return the permissions that each team was given on `thing` itself."""
    return _gathered(thing.team_grants.values_list("group_id", "permission__codename"))


def _gathered(rows: Any) -> dict[int, frozenset[Perm]]:
    found: defaultdict[int, set[Perm]] = defaultdict(set)
    for holder_id, codename in rows:
        if codename in PERM_OF_CODENAME:
            found[holder_id].add(PERM_OF_CODENAME[codename])
    return {holder_id: frozenset(permissions) for holder_id, permissions in found.items()}
