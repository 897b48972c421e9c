"""The built-in roles in the database: the code is their law, the rows are what queries join."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as installed_apps

from apps.orgs import events
from apps.orgs.models import Role, RolePermission
from apps.orgs.permissions import ROLE_PERMISSIONS, Perm


def write_builtin_roles(apps: Apps = installed_apps, **_signal: Any) -> None:
    """Bring the rows of the built-in roles in line with the code. Connected to `post_migrate`."""
    if "rolepermission" not in apps.all_models["orgs"]:
        return  # Migrated back to before there were any.
    # Not by `save`: the code is their law, so there is nothing to audit, and perhaps no table for it yet.
    built_in = [Role(key=key, name=key) for key in ROLE_PERMISSIONS]
    Role.objects.bulk_create(built_in, ignore_conflicts=True)
    for key, permissions in ROLE_PERMISSIONS.items():
        set_permissions(Role(key=key), permissions)


def set_permissions(role: Role, permissions: frozenset[Perm]) -> None:
    """Make a role hold just these permissions."""
    held = set(RolePermission.objects.filter(role=role).values_list("perm", flat=True))
    RolePermission.objects.filter(role=role).exclude(perm__in=permissions).delete()
    RolePermission.objects.bulk_create(
        RolePermission(role=role, perm=perm) for perm in sorted(permissions - held)
    )
    if held != permissions and not role.is_builtin:
        events.permissions_set.send(
            sender=Role, role=role, before=sorted(held), after=sorted(permissions)
        )
