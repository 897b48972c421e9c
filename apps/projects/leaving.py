"""What ends on projects when somebody leaves an org, and who is told when a role changes."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.orgs.models import OrgLineage, User
from apps.orgs.services import announce_access_changed
from apps.projects.models import ProjectGrant, ProjectUserObjectPermission


def within_left(org_id: int, user_id: int, org_path: str) -> Q:
    """The condition "the org at `org_path` is the one that they left, or below it, and they belong there no more"."""
    left = OrgLineage.objects.filter(ancestor_id=org_id).values("org")
    kept = OrgLineage.objects.filter(ancestor__memberships__user_id=user_id).values("org")
    return Q(**{f"{org_path}__in": left}) & ~Q(**{f"{org_path}__in": kept})


def end_grants(sender: Any, org_id: int, user_id: int, **kwargs: Any) -> None:
    """Take back what a person was given on the projects of an org that they left.

    Connected to orgs.events.member_left, within its transaction.
    """
    ProjectGrant.objects.filter(
        within_left(org_id, user_id, "project__org"), user_id=user_id
    ).delete()
    ProjectUserObjectPermission.objects.filter(
        within_left(org_id, user_id, "content_object__org"), user_id=user_id
    ).delete()


def tell_holders(sender: Any, role_key: str, **kwargs: Any) -> None:
    """Tell those who hold a role on a project that it has changed. Connected to orgs.events.role_changed."""
    grants = ProjectGrant.objects.filter(role_id=role_key)
    holders = Q(pk__in=grants.exclude(user=None).values("user_id"))
    holders |= Q(pk__in=grants.exclude(team=None).values("team__user"))
    for user_id in User.objects.filter(holders).values_list("pk", flat=True):
        announce_access_changed(user_id)
