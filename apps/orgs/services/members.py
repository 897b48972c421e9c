"""Every write about who belongs to an organisation, and as what."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.text import is_storable
from apps.orgs import access, events
from apps.orgs.actor import Actor
from apps.orgs.members import admins_of, belonging_to, belongs
from apps.orgs.models import Membership, Org, Role, Team, User
from apps.orgs.permissions import BuiltinRole
from apps.orgs.services.changes import announce_access_changed
from apps.orgs.services.quotas import take_seat


@transaction.atomic
def set_role(*, org: Org, user: User, role: str, by: Actor | None = None) -> Membership:
    """Make somebody a member of an org, or change their role in it. `role` is the key of a built-in role, or of
    one that the org or an org above it has made.

    `by` is who asks, None for the installation itself: they can give, and take, only what they hold. Raises
    Forbidden `role_above_yours`, Conflict `owner_stays` or `last_admin`, QuotaExceeded where no seat is left.
    """
    usable = Role.objects.usable_in(org)
    given = usable.filter(key=role).first() if is_storable(role) else None
    if given is None:
        raise Invalid(_("There is no such role here."), fields={"role": [role]})
    lock_org(org)
    held = Membership.objects.filter(org=org, user=user).select_related("role").first()
    if by is not None:
        access.require_can_give(by, org, given)
        if held is not None:
            access.require_can_give(by, org, held.role)
    if held is not None and role != BuiltinRole.ADMIN:
        _keep_owner_and_last_admin(org, held)
    if held is None:
        take_seat(org=org, user=user)
    membership, _is_new = Membership.objects.update_or_create(
        org=org, user=user, defaults={"role": given}
    )
    announce_access_changed(user.pk)
    return membership


@transaction.atomic
def remove_member(*, org: Org, user: User, by: Actor | None = None) -> None:
    """End somebody's membership, also in the teams that they belong to through it. Their runs stay.

    `by` is who asks, None for the installation itself or the member. Raises as `set_role` does, and Conflict
    `inherited` for somebody who belongs to an org above only.
    """
    lock_org(org)
    held = Membership.objects.filter(org=org, user=user).select_related("role").first()
    if held is None:
        if belongs(user, org):
            raise Conflict(
                _("%(user)s belongs to an organisation above %(org)s, and is removed there.")
                % {"user": user, "org": org.slug},
                code="inherited",
            )
        return
    if by is not None and by.user_id != user.pk:
        access.require_can_give(by, org, held.role)
    _keep_owner_and_last_admin(org, held)
    held.delete()
    leave_teams([user], org)
    events.member_left.send(sender=Org, org_id=org.pk, user_id=user.pk)
    announce_access_changed(user.pk)


@transaction.atomic
def transfer_org(*, org: Org, to: User, by: Actor) -> Org:
    """Make a member the owner of an org, and its admin; the former owner stays an admin.

    The owner may, or an administrator of the installation; where there is none who can sign in, any admin.
    """
    lock_org(org)
    org.refresh_from_db()
    if org.is_personal:
        raise Conflict(_("A personal organisation stays its owner's."), code="personal_org")
    if not _may_transfer(org, by):
        raise Forbidden(_("Only the owner of %(org)s can hand it over.") % {"org": org.slug})
    if to.is_service or not to.is_active or not belongs(to, org):
        raise Invalid(
            _("This organisation cannot be handed over."),
            fields={"owner": [_("Choose a person who belongs to it and can sign in.")]},
        )
    set_role(org=org, user=to, role=BuiltinRole.ADMIN)
    org.owner = to
    org.save(update_fields=["owner"])
    return org


def _may_transfer(org: Org, actor: Actor) -> bool:
    if actor.is_superuser or actor.user_id == org.owner_id:
        return True
    is_orphan = org.owner is None or not org.owner.is_active
    return is_orphan and admins_of(org).filter(pk=actor.user_id or 0).exists()


def lock_org(org: Org) -> None:
    """Make whoever else changes the members of `org` wait for this transaction's end."""
    Org.objects.select_for_update().get(pk=org.pk)


def leave_teams(people: list[User], org: Org) -> None:
    """Take people out of the teams of `org`, and of the orgs below, that they no longer belong to."""
    for team in Team.objects.filter(org__ascents__ancestor=org, user__in=people).distinct():
        stray = team.user_set.filter(pk__in=[user.pk for user in people])
        team.user_set.remove(*stray.exclude(pk__in=belonging_to(team.org).values("pk")))


def _keep_owner_and_last_admin(org: Org, membership: Membership) -> None:
    """Raise Conflict where an org would lose its owner, or its last admin, by this membership's end or change."""
    if org.owner_id == membership.user_id:
        raise Conflict(
            _("%(user)s owns %(org)s. Hand it over first.")
            % {"user": membership.user, "org": org.slug},
            code="owner_stays",
        )
    if membership.role_id != BuiltinRole.ADMIN:
        return
    others = Membership.objects.filter(org__descents__org=org, role=BuiltinRole.ADMIN)
    if not admins_of(org).filter(memberships__in=others.exclude(pk=membership.pk)).exists():
        raise Conflict(
            _("%(user)s is the last admin of %(org)s. Make somebody else an admin first.")
            % {"user": membership.user, "org": org.slug},
            code="last_admin",
        )
