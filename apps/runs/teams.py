"""What a team was given on single runs."""

from __future__ import annotations

from typing import Any

from apps.orgs.permissions import Perm
from apps.projects.levels import PERM_OF_CODENAME
from apps.runs.models import RunGroupObjectPermission


def given_to(team_id: int, **_signal: Any) -> frozenset[Perm]:
    """Return what a team may do on some run by a share. Connected to orgs.events.team_asked."""
    shares = RunGroupObjectPermission.objects.filter(group_id=team_id)
    codenames = shares.values_list("permission__codename", flat=True)
    return frozenset(PERM_OF_CODENAME[name] for name in codenames)
