"""What of people and organisations is audited: they are below this app, so they are registered here."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Model
from django.db.models.signals import m2m_changed

from apps.audit import services
from apps.audit.subjects import register
from apps.orgs.events import permissions_set
from apps.orgs.models import (
    ApiKey,
    GroupMapping,
    Invitation,
    Membership,
    Org,
    OrgQuota,
    Role,
    Team,
    User,
)


def _own_id(org: Any) -> int | None:
    return int(org.pk)


def _org_id(instance: Any) -> int | None:
    found: int | None = instance.org_id
    return found


def connect() -> None:
    """Have every change of people and organisations recorded, without secrets and noise."""
    register(
        User,
        "user",
        exclude={"password", "last_login", "theme", "language", "date_joined"},
        org=lambda user: user.service_org_id,
        switches={"is_active": ("activate", "deactivate"), "is_superuser": ("promote", "demote")},
    )
    register(
        ApiKey,
        "key",
        exclude={"digest", "last_used_at", "created_at"},
        org=lambda key: key.only_org_id or key.user.service_org_id,
        project=lambda key: key.only_project_id,
        switches={
            "revoked_at": ("revoke", "restore"),
            "replaced_by": ("rotate", "rotate"),
        },
    )
    register(Org, "org", exclude={"created_at"}, org=_own_id, switches={"parent": ("move", "move")})
    register(
        Membership,
        "member",
        exclude={"created_at"},
        org=_org_id,
        verbs={"create": "add", "update": "change", "delete": "remove"},
    )
    register(Role, "role", exclude={"created_at"}, org=_org_id)
    register(Team, "team", exclude={"created_at", "group_ptr", "name"}, org=_org_id)
    register(
        Invitation,
        "invitation",
        exclude={"digest", "created_at", "created_by"},
        org=_org_id,
        switches={"revoked_at": ("revoke", "restore"), "use_count": ("accept", "accept")},
    )
    register(OrgQuota, "quota", exclude={"changed_at"}, org=_org_id)
    register(GroupMapping, "mapping", exclude={"created_at"}, org=_org_id)
    register(Authenticator, "second_factor", exclude={"data", "last_used_at", "created_at"})
    register(SocialAccount, "linked_account", exclude={"extra_data", "last_login", "date_joined"})
    permissions_set.connect(_note_permissions, dispatch_uid="audit")
    m2m_changed.connect(_note_team_members, sender=User.groups.through, dispatch_uid="audit")


def _note_permissions(role: Role, before: list[str], after: list[str], **signal: Any) -> None:
    services.record("role.permissions", role, changes={"permissions": (before, after)})


def _note_team_members(
    instance: Model, action: str, reverse: bool, pk_set: set[int] | None, **signal: Any
) -> None:
    """Record who comes into a team and who leaves it, from whichever side it is done."""
    if action not in {"post_add", "post_remove", "pre_clear"}:
        return
    # One side is a group, the other people; clearing says only whose.
    group_or_user: Any = instance
    if reverse:
        cleared = group_or_user.user_set.all()
        members = cleared if action == "pre_clear" else User.objects.filter(pk__in=pk_set or ())
        pairs = [(team, user) for team in Team.objects.filter(pk=instance.pk) for user in members]
    else:
        groups = group_or_user.groups.values("pk") if action == "pre_clear" else pk_set or ()
        pairs = [(team, group_or_user) for team in Team.objects.filter(pk__in=groups)]
    code = "team.member_add" if action == "post_add" else "team.member_remove"
    for team, user in pairs:
        services.record(code, team, details={"user": str(user), "user_id": user.pk})
