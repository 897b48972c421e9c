"""All that is kept about a person, as a zip of JSON files. Secrets, and what only proves them, are left out."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from allauth.socialaccount.models import SocialAccount
from django.core.serializers.json import DjangoJSONEncoder

from apps.audit.models import Entry
from apps.audit.services import record
from apps.orgs.actor import Actor
from apps.orgs.models import ApiKey, Membership, Team, User
from apps.projects.models import Project, ProjectGrant

Section = Callable[[User], Iterator[dict[str, Any]]]
_sections: dict[str, Section] = {}


def register(name: str, section: Section) -> None:
    """Have a function tell what its app keeps of a person, row by row; it becomes `name`.json."""
    _sections[name] = section


def write_export(*, user: User, actor: Actor, file: IO[bytes]) -> None:
    """Write everything about a person into `file`, a row at a time, and note in the audit log that it was done."""
    record("user.export", user, actor=actor)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, section in sorted({**OWN_SECTIONS, **_sections}.items()):
            with archive.open(f"{name}.json", "w") as part:
                _write_rows(part, section(user))


def _write_rows(part: IO[bytes], rows: Iterator[dict[str, Any]]) -> None:
    separator = b"[\n"
    for row in rows:
        text = json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True)
        part.write(separator + text.encode("utf-8", "replace"))
        separator = b",\n"
    part.write(b"[]\n" if separator == b"[\n" else b"\n]\n")


def _profile(user: User) -> Iterator[dict[str, Any]]:
    names = ("username", "email", "name", "language", "theme", "date_joined", "last_login")
    yield {name: getattr(user, name) for name in (*names, "is_active", "is_superuser")}


def _keys(user: User) -> Iterator[dict[str, Any]]:
    names = ("name", "prefix", "scope", "created_at", "expires_at", "last_used_at", "revoked_at")
    yield from ApiKey.objects.filter(user=user).order_by("pk").values(*names).iterator()


def _memberships(user: User) -> Iterator[dict[str, Any]]:
    for held in Membership.objects.filter(user=user).select_related("org", "role").order_by("pk"):
        yield {"org": held.org.slug, "role": held.role.label, "since": held.created_at}
    for team in Team.objects.filter(user=user).select_related("org").order_by("pk"):
        yield {"org": team.org.slug, "team": team.slug}
    for grant in ProjectGrant.objects.filter(user=user).select_related("project__org", "role"):
        yield {"project": str(grant.project), "role": grant.role.label, "since": grant.created_at}


def _projects(user: User) -> Iterator[dict[str, Any]]:
    for project in Project.objects.filter(created_by=user).select_related("org").order_by("pk"):
        names = ("slug", "name", "description", "tags", "created_at", "deleted_at")
        yield {"org": project.org.slug, **{name: getattr(project, name) for name in names}}


def _linked_accounts(user: User) -> Iterator[dict[str, Any]]:
    names = ("provider", "uid", "date_joined", "last_login", "extra_data")
    yield from SocialAccount.objects.filter(user=user).order_by("pk").values(*names).iterator()


def _audit_lines(user: User) -> Iterator[dict[str, Any]]:
    """What they did, their sign-ins among it."""
    names = (
        "timestamp",
        "action",
        "object_type",
        "object_repr",
        "remote_addr",
        "client",
        "changes",
    )
    yield from Entry.objects.filter(actor_id=user.pk).order_by("pk").values(*names).iterator()


OWN_SECTIONS: dict[str, Section] = {
    "profile": _profile,
    "api_keys": _keys,
    "memberships": _memberships,
    "projects": _projects,
    "linked_accounts": _linked_accounts,
    "audit": _audit_lines,
}
