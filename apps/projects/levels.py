"""What sharing gives: three levels, each a set of named permissions, instead of a matrix of boxes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.orgs.permissions import ON_PROJECT, ON_RUN, Perm


class Level(models.TextChoices):
    """How much is shared, from less to more."""

    VIEW = "view", _("Can view")
    EDIT = "edit", _("Can edit")
    MANAGE = "manage", _("Can manage")


Levels = Mapping[str, frozenset[Perm]]
_VIEW = frozenset({Perm.PROJECT_VIEW, Perm.RUN_VIEW})
OF_PROJECT: Levels = {
    Level.VIEW: _VIEW,
    Level.EDIT: _VIEW | {Perm.PROJECT_EDIT, Perm.RUN_WRITE},
    Level.MANAGE: ON_PROJECT,
}
OF_RUN: Levels = {
    Level.VIEW: frozenset({Perm.RUN_VIEW}),
    Level.EDIT: frozenset({Perm.RUN_VIEW, Perm.RUN_WRITE}),
    Level.MANAGE: ON_RUN,
}
PERM_OF_CODENAME = {perm.codename: perm for perm in Perm}


def level_of(permissions: Collection[Perm], levels: Levels) -> str:
    """Return the level that gives just these permissions; "" when none does."""
    held = frozenset(permissions)
    return next((name for name, given in levels.items() if given == held), "")


def highest_level(permissions: Collection[Perm], levels: Levels) -> str:
    """Return the highest level of which all is among these permissions; "" when there is none."""
    within = [name for name, given in levels.items() if given.issubset(permissions)]
    return within[-1] if within else ""


def label_of(level: str) -> str:
    """Write a level for people; permissions that are no level are "some rights"."""
    return str(Level(level).label) if level else gettext("Some rights")
