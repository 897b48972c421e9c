"""The built-in roles in the database: the code is their law, the rows are what queries join."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as installed_apps

from apps.orgs.models import Role, RolePermission
from apps.orgs.permissions import ROLE_PERMISSIONS, Perm


def write_builtin_roles(apps: Apps = installed_apps, **_signal: Any) -> None:
    """Bring the rows of the built-in roles in line with the code. Connected to `post_migrate`."""
    if "rolepermission" not in apps.all_models["orgs"]:
        return  # Migrated back to before there were any.
    for key, permissions in ROLE_PERMISSIONS.items():
        Role.objects.get_or_create(key=key, defaults={"name": key})
        set_permissions(Role(key=key), permissions)


def set_permissions(role: Role, permissions: frozenset[Perm]) -> None:
    """Make a role hold just these permissions."""
    RolePermission.objects.filter(role=role).exclude(perm__in=permissions).delete()
    held = set(RolePermission.objects.filter(role=role).values_list("perm", flat=True))
    RolePermission.objects.bulk_create(
        RolePermission(role=role, perm=perm) for perm in sorted(permissions - held)
    )
