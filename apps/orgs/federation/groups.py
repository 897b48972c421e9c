"""From the groups that a source names to memberships here: the one way, whichever source says so.

A mapping gives what is missing and takes back only what a mapping gave. What somebody was given or had taken from
them by hand stays as it is while their groups stay.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, Invalid
from apps.core.text import normalise
from apps.orgs import services
from apps.orgs.models import (
    DirectoryGroup,
    GroupMapping,
    MappedRight,
    Membership,
    Org,
    Role,
    Team,
    User,
)

log = logging.getLogger(__name__)
MAX_MAPPINGS = 500


@dataclass
class Wanted:
    """What somebody's groups give them."""

    roles: dict[Org, Role] = field(default_factory=dict)
    teams: set[Team] = field(default_factory=set)
    is_administrator: bool = False


@transaction.atomic
def note_groups(*, user: User, source: str, names: frozenset[str]) -> None:
    """Keep that somebody is in just these groups of a source, and give and take what follows."""
    known = DirectoryGroup.objects.filter(source=source)
    for group in known.filter(members=user).exclude(name__in=names):
        group.members.remove(user)
    DirectoryGroup.objects.bulk_create(
        [DirectoryGroup(source=source, name=name) for name in sorted(names)],
        ignore_conflicts=True,
    )
    user.directory_groups.add(*known.filter(name__in=names))
    grant_mapped(user)


@transaction.atomic
def grant_mapped(user: User) -> None:
    """Give somebody what their groups give, and take what only groups gave that they are no longer in."""
    User.objects.select_for_update().get(pk=user.pk)  # Two sign-ins at once give nothing twice.
    wanted = wanted_of(user)
    rights = list(user.mapped_rights.select_related("org", "role", "team__org"))
    for right in rights:
        if right.team is not None and right.team not in wanted.teams:
            services.leave_team(team=right.team, user=user)
            right.delete()
    for right in rights:
        if right.org is not None and right.org not in wanted.roles:
            _take_role(user, right, right.org)
    for org, role in wanted.roles.items():
        _give_role(user, org, role)
    for team in wanted.teams:
        _give_team(user, team)
    _set_administrator(user, wanted.is_administrator)


def wanted_of(user: User) -> Wanted:
    """Return what somebody's groups give; of several roles in one org, the one that may do most."""
    wanted = Wanted()
    groups = set(user.directory_groups.values_list("source", "name"))
    for source, name in groups:
        known = settings.SIGN_IN_SOURCES.get(source)
        if known is not None and known.admin_group and name == known.admin_group:
            wanted.is_administrator = True
    mappings = GroupMapping.objects.filter(group__in={name for _source, name in groups})
    for mapping in mappings.select_related("org", "role", "team__org"):
        sources = {source for source, name in groups if name == mapping.group}
        if mapping.source and mapping.source not in sources:
            continue
        held = wanted.roles.get(mapping.org)
        if held is None or len(mapping.role.perms) > len(held.perms):
            wanted.roles[mapping.org] = mapping.role
        if mapping.team is not None:
            wanted.teams.add(mapping.team)
    return wanted


def _give_role(user: User, org: Org, role: Role) -> None:
    membership = Membership.objects.filter(org=org, user=user).first()
    right = MappedRight.objects.filter(user=user, org=org, team=None).first()
    if membership is not None:
        if right is None:
            return  # Given by hand.
        if membership.role_id != right.role_id:
            right.delete()  # Changed by hand since.
            return
        if membership.role_id == role.pk:
            return
    try:
        services.set_role(org=org, user=user, role=role.pk)
    except AppError as error:
        log.warning("mapped_role_not_given user=%s org=%s: %s", user.pk, org.pk, error.code)
        return
    MappedRight.objects.update_or_create(user=user, org=org, team=None, defaults={"role": role})


def _take_role(user: User, right: MappedRight, org: Org) -> None:
    held = Membership.objects.filter(org=org, user=user).first()
    if held is not None and held.role_id == right.role_id:
        try:
            services.remove_member(org=org, user=user)
        except AppError as error:  # The last admin stays, until there is another.
            log.warning("mapped_role_stays user=%s org=%s: %s", user.pk, org.pk, error.code)
            return
    right.delete()


def _give_team(user: User, team: Team) -> None:
    if team.user_set.filter(pk=user.pk).exists():
        return
    try:
        services.join_team(team=team, user=user)
    except AppError as error:
        log.warning("mapped_team_not_given user=%s team=%s: %s", user.pk, team.pk, error.code)
        return
    MappedRight.objects.get_or_create(user=user, org=None, team=team)


def _set_administrator(user: User, is_wanted: bool) -> None:
    right = MappedRight.objects.filter(user=user, org=None, team=None).first()
    if is_wanted and not user.is_superuser:
        MappedRight.objects.get_or_create(user=user, org=None, team=None)
    elif not is_wanted and right is not None:
        if services.is_last_administrator(user):
            log.warning("mapped_administrator_stays user=%s", user.pk)
            return
        right.delete()
    else:
        return
    User.objects.filter(pk=user.pk).update(is_superuser=is_wanted, is_staff=is_wanted)
    user.is_superuser = user.is_staff = is_wanted
    services.announce_access_changed(user.pk)


def mappings_of(org: Org) -> QuerySet[GroupMapping]:
    """Return what groups give in an org, which was loaded for member.manage."""
    return GroupMapping.objects.filter(org=org).select_related("team")


def grant_to_all_in(names: set[str]) -> None:
    """Look again at everybody in groups of these names, after a mapping has changed."""
    people = User.objects.filter(directory_groups__name__in=names).distinct()
    for user in people.order_by("pk"):
        grant_mapped(user)


@transaction.atomic
def create_mapping(
    *, org: Org, group: str, role: Role, source: str = "", team: Team | None = None
) -> GroupMapping:
    """Map a group to a role in an org, and to one of its teams; who is in it gets that at once.

    Raises Invalid naming each field that cannot be used, Conflict `too_many_mappings`.
    """
    mapping = GroupMapping(
        org=org, source=source, group=normalise(group.strip()), role=role, team=team
    )
    try:
        mapping.full_clean()
    except ValidationError as error:
        raise Invalid(_("This mapping cannot be saved."), fields=error.message_dict) from None
    if GroupMapping.objects.filter(org=org).count() >= MAX_MAPPINGS:
        raise Conflict(
            _("%(org)s has %(count)d mappings, which is the most.")
            % {"org": org.slug, "count": MAX_MAPPINGS},
            code="too_many_mappings",
        )
    save_mapping(mapping)
    return mapping


@transaction.atomic
def save_mapping(mapping: GroupMapping, *, was: str = "") -> None:
    """Keep a checked mapping, and give and take what follows; `was` is the group that it was for before."""
    mapping.save()
    grant_to_all_in({mapping.group, was} - {""})


@transaction.atomic
def delete_mapping(mapping: GroupMapping) -> None:
    """Delete a mapping, and take back what only it gave."""
    mapping.delete()
    grant_to_all_in({mapping.group})
