"""People and groups as SCIM shows them (RFC 7643), and what there is to show."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from apps.orgs.models import DirectoryGroup, User

SOURCE = "scim"
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
USER, GROUP = f"{CORE}User", f"{CORE}Group"
USER_FILTERS = frozenset({"username", "externalid", "emails.value", "emails", "id"})
GROUP_FILTERS = frozenset({"displayname", "externalid", "id"})


def links() -> QuerySet[SocialAccount]:
    """Return what SCIM clients call people: the link's uid is their userName in lower case."""
    found: QuerySet[SocialAccount] = SocialAccount.objects.filter(provider=SOURCE)
    return found


def people() -> QuerySet[User]:
    """Return whom SCIM manages: those it brought, and everybody active; never service accounts."""
    linked = Exists(links().filter(user=OuterRef("pk")))
    return User.objects.filter(Q(is_active=True) | linked, service_org=None).order_by("pk")


def find_people(condition: tuple[str, str] | None) -> QuerySet[User]:
    """Return the people whom a filter means. Whoever is not linked yet answers to their address too."""
    found = people()
    if condition is None:
        return found
    name, value = condition
    wanted = value.strip().lower()
    if name == "id":
        return found.filter(pk=int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0)
    if name == "externalid":
        return found.filter(
            Exists(links().filter(user=OuterRef("pk"), extra_data__externalId=value))
        )
    if name.startswith("emails"):
        return found.filter(email=wanted) if wanted else found.none()
    mine = links().filter(user=OuterRef("pk"))
    own = Q(username=wanted) | (Q(email=wanted) if wanted else Q(pk__in=[]))
    return found.filter(Exists(mine.filter(uid=wanted)) | (own & ~Exists(mine)))


def find_groups(condition: tuple[str, str] | None) -> QuerySet[DirectoryGroup]:
    """Return the groups that a filter means."""
    found = DirectoryGroup.objects.filter(source=SOURCE).order_by("pk")
    if condition is None:
        return found
    name, value = condition
    if name == "id":
        return found.filter(pk=int(value) if value.isdecimal() and len(value) < 18 else 0)
    if name == "externalid":
        return found.filter(external_id=value)
    return found.filter(name=value)


def show_user(user: User, link: SocialAccount | None, base: str) -> dict[str, Any]:
    """Return somebody as a SCIM User."""
    facts = link.extra_data if link is not None else {}
    shown = {
        "schemas": [USER],
        "id": str(user.pk),
        "userName": facts.get("userName") or user.username,
        "name": {"formatted": user.display_name},
        "displayName": user.display_name,
        "active": user.is_active,
        "emails": [{"value": user.email, "type": "work", "primary": True}] if user.email else [],
        "groups": [
            {"value": str(group.pk), "display": group.name}
            for group in user.directory_groups.filter(source=SOURCE)
        ],
        "meta": {
            "resourceType": "User",
            "created": user.date_joined.isoformat(),
            "location": base + reverse("orgs:scim-user", args=[user.pk]),
        },
    }
    if facts.get("externalId"):
        shown["externalId"] = facts["externalId"]
    return shown


def show_group(group: DirectoryGroup, base: str, *, with_members: bool = True) -> dict[str, Any]:
    """Return a group as a SCIM Group."""
    shown: dict[str, Any] = {
        "schemas": [GROUP],
        "id": str(group.pk),
        "displayName": group.name,
        "meta": {
            "resourceType": "Group",
            "created": group.created_at.isoformat(),
            "lastModified": group.updated_at.isoformat(),
            "location": base + reverse("orgs:scim-group", args=[group.pk]),
        },
    }
    if group.external_id:
        shown["externalId"] = group.external_id
    if with_members:
        members = group.members.order_by("pk")
        shown["members"] = [{"value": str(user.pk), "display": str(user)} for user in members]
    return shown
