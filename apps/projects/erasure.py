"""Erasing a person: their account becomes nobody's, and what they did in shared organisations stays without their name.

There is no way back. Entries of the audit log are sealed and keep the username until their retention ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import CASCADE, QuerySet
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.core import clock, live
from apps.core.errors import AppError, Conflict, Forbidden
from apps.orgs.actor import Actor
from apps.orgs.members import admins_of
from apps.orgs.models import Invitation, Membership, Org, User
from apps.orgs.permissions import BuiltinRole
from apps.orgs.services import (
    announce_access_changed,
    find_personal_org,
    is_last_administrator,
)
from apps.projects import services
from apps.projects.models import Project

PREFIX = "erased-"
# An app above clears what its rows say of a person's machine, and tells how many it has changed.
Scrub = Callable[[User], int]
_scrubs: list[Scrub] = []


def register_scrub(scrub: Scrub) -> None:
    """Have a function clear host and user names of a person. The same one again changes nothing."""
    if scrub not in _scrubs:
        _scrubs.append(scrub)


@dataclass(frozen=True)
class Plan:
    """What erasing somebody would do, and why it can't be done now."""

    obstacles: list[str]
    projects: list[Project]  # of the personal org: to be handed on or deleted
    rows: dict[str, int]  # what is deleted: {name of the model: how many}


def plan(user: User) -> Plan:
    """Tell what erasing somebody would do. Nothing is changed."""
    counts = {
        str(rows.model._meta.verbose_name_plural): count
        for rows in _rows_of(user)
        if (count := rows.count())
    }
    return Plan([error.message for error in _obstacles(user)], list(_projects_of(user)), counts)


@transaction.atomic
def erase_person(*, user: User, actor: Actor, heir: Org | None, is_scrubbed: bool) -> None:
    """Erase somebody for good.

    The projects of their personal org go to `heir`, or to the trash where that is None. With `is_scrubbed` their
    runs lose the names of machine, user and folders. Raises Conflict where they are needed: as the last
    administrator, or as the owner or only admin of a shared org; and where `heir` has a project of the same name.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    for obstacle in _obstacles(user):
        raise obstacle
    if actor.user_id == user.pk:
        raise Forbidden(_("Ask another administrator to erase your account."))
    record(
        "user.erase", user, actor=actor, name=f"{PREFIX}{user.pk}", details=_told(heir, is_scrubbed)
    )
    for project in list(_projects_of(user)):
        _hand_on(project, heir)
    if is_scrubbed:
        for scrub in _scrubs:
            scrub(user)
    _end_sign_ins(user)
    Invitation.objects.filter(email__iexact=user.email).exclude(email="").delete()
    _anonymise(user)
    for rows in _rows_of(user):
        rows.delete()
    announce_access_changed(user.pk)


def _told(heir: Org | None, is_scrubbed: bool) -> dict[str, Any]:
    return {"projects_to": heir.slug if heir else None, "scrubbed": is_scrubbed}


def _obstacles(user: User) -> Iterator[AppError]:
    if user.is_service or user.username.startswith(PREFIX):
        yield Conflict(_("This is no account of a person."), code="no_person")
        return
    if is_last_administrator(user):
        text = _("%(user)s is the last administrator. Make another one first.")
        yield Conflict(text % {"user": user}, code="last_administrator")
    needed = sorted({org.slug for org in _orgs_that_need(user)})
    if needed:
        text = _("%(orgs)s would be left without an owner or admin. Transfer it first.")
        yield Conflict(text % {"orgs": ", ".join(needed)}, code="sole_owner")


def _orgs_that_need(user: User) -> Iterator[Org]:
    yield from Org.objects.filter(owner=user, is_personal=False)
    held = Membership.objects.filter(user=user, role=BuiltinRole.ADMIN, org__is_personal=False)
    for membership in held.select_related("org"):
        if not admins_of(membership.org).exclude(pk=user.pk).exists():
            yield membership.org


def _projects_of(user: User) -> QuerySet[Project]:
    personal = find_personal_org(user)
    projects = Project.objects.filter(org=personal, deleted_at=None).select_related("org")
    return projects.order_by("slug") if personal else projects.none()


def _hand_on(project: Project, heir: Org | None) -> None:
    if heir is None:
        services.delete_project(project=project)
        return
    project.org = heir
    try:
        with transaction.atomic():
            project.save(update_fields=["org"])
    except IntegrityError:
        raise Conflict(
            _("%(org)s has a project %(project)s already.")
            % {"org": heir.slug, "project": project.slug},
            code="project_exists",
        ) from None
    live.recheck(live.group_name(project.pk))


def _end_sign_ins(user: User) -> None:
    for session in Session.objects.filter(expire_date__gt=clock.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
    names = [name for name in (user.username, user.email) if name]
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(username__in=names).delete()


def _anonymise(user: User) -> None:
    """Make the account and its personal org nobody's. By `update`: the old names are not to be audited."""
    name = f"{PREFIX}{user.pk}"
    personal = find_personal_org(user)
    if personal is not None:
        Org.objects.filter(pk=personal.pk).update(slug=name, name=name, description="", owner=None)
    User.objects.filter(pk=user.pk).update(
        username=name,
        email="",
        name="",
        language="",
        password=make_password(None),
        is_active=False,
        is_staff=False,
        is_superuser=False,
        last_login=None,
    )


def _rows_of(user: User) -> Iterator[QuerySet[Any]]:
    """Yield what belongs to a person alone: all rows that would go with their account.

    Keys, tokens, second factors, linked accounts, addresses, memberships, teams and grants, of whatever app.
    """
    for field in User._meta.get_fields(include_hidden=True):
        if not field.auto_created or field.concrete or not (field.one_to_many or field.one_to_one):
            continue
        relation: Any = field
        if relation.on_delete is CASCADE:
            yield relation.related_model._base_manager.filter(**{relation.field.name: user})
