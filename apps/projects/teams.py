"""What a team was given on projects."""

from __future__ import annotations

from typing import Any

from apps.orgs.permissions import ON_PROJECT, Perm
from apps.projects.levels import PERM_OF_CODENAME
from apps.projects.models import ProjectGrant, ProjectGroupObjectPermission


def given_to(team_id: int, **_signal: Any) -> frozenset[Perm]:
    """Return what a team may do on some project by a role or share. Connected to orgs.events.team_asked."""
    roles = ProjectGrant.objects.filter(team_id=team_id, project__deleted_at=None)
    by_role = {Perm(perm) for perm in roles.values_list("role__permissions__perm", flat=True)}
    shares = ProjectGroupObjectPermission.objects.filter(
        group_id=team_id, content_object__deleted_at=None
    )
    codenames = shares.values_list("permission__codename", flat=True)
    return frozenset(by_role & ON_PROJECT | {PERM_OF_CODENAME[name] for name in codenames})
