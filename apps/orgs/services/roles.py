"""Every write about an organisation's own roles."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.text import normalise
from apps.orgs import access, events
from apps.orgs.actor import Actor
from apps.orgs.models import Invitation, Membership, Org, Role
from apps.orgs.permissions import GRANTABLE, Perm
from apps.orgs.roles import set_permissions
from apps.orgs.services.changes import announce_access_changed

SHOWN_HOLDERS = 5


@transaction.atomic
def create_role(
    *, org: Org, name: str, description: str = "", permissions: Iterable[str], by: Actor
) -> Role:
    """Make a role of an org, to be given there and below.

    Raises Invalid naming each field that cannot be used, Forbidden for a permission that `by` lacks.
    """
    role = Role(org=org, name=normalise(name.strip()), description=normalise(description.strip()))
    perms = _check(role, permissions)
    _require_all(by, org, perms)
    role.save(force_insert=True)
    set_permissions(role, perms)
    return role


@transaction.atomic
def update_role(
    *, role: Role, name: str, description: str, permissions: Iterable[str], by: Actor
) -> Role:
    """Change a role for everybody who holds it. Raises as `create_role` does."""
    org = _org_of(role)
    role.name, role.description = normalise(name.strip()), normalise(description.strip())
    perms = _check(role, permissions)
    _require_all(by, org, perms | role.perms)
    role.save(update_fields=["name", "description"])
    set_permissions(role, perms)
    for user_id in set(Membership.objects.filter(role=role).values_list("user_id", flat=True)):
        announce_access_changed(user_id)
    events.role_changed.send(sender=Role, role_key=role.pk)
    return role


@transaction.atomic
def delete_role(*, role: Role, by: Actor) -> None:
    """Delete a role that nobody holds. Raises Conflict `role_in_use` that says who does."""
    org = _org_of(role)
    _require_all(by, org, role.perms)
    if Invitation.objects.open().filter(role=role).exists():
        raise Conflict(
            _("Open invitations give the role %(role)s. Revoke them first.") % {"role": role.name},
            code="role_in_use",
        )
    try:
        with transaction.atomic():
            role.delete()
    except ProtectedError as error:
        raise Conflict(_used_by(role, error), code="role_in_use") from None


def _used_by(role: Role, error: ProtectedError) -> str:
    holders = sorted({str(holder) for holder in error.protected_objects})
    shown, more = holders[:SHOWN_HOLDERS], len(holders) - SHOWN_HOLDERS
    names = ", ".join(shown)
    if more > 0:
        names += " " + ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}
    return _("The role %(role)s is in use: %(holders)s.") % {"role": role.name, "holders": names}


def _org_of(role: Role) -> Org:
    if role.org is None:
        raise Conflict(_("A built-in role stays as it is."), code="builtin_role")
    return role.org


def _check(role: Role, permissions: Iterable[str]) -> frozenset[Perm]:
    """Return the permissions; raise Invalid naming each field that cannot be used."""
    problems: dict[str, list[str]] = {}
    try:
        role.full_clean()
    except ValidationError as error:
        problems = {
            ("name" if field == "__all__" else field): messages
            for field, messages in error.message_dict.items()
        }
    wanted = set(permissions)
    unknown = sorted(wanted - GRANTABLE)
    if unknown:
        refused = {"permissions": ", ".join(unknown)}
        problems["permissions"] = [_("No role can hold %(permissions)s.") % refused]
    elif not wanted:
        problems["permissions"] = [_("Choose at least one permission.")]
    if problems:
        raise Invalid(_("This role cannot be saved."), fields=problems)
    return frozenset(Perm(perm) for perm in wanted)


def _require_all(actor: Actor, org: Org, perms: frozenset[Perm]) -> None:
    lacking = perms - access.held_in(actor, org)
    if lacking:
        raise Forbidden(
            _("You lack permissions in %(org)s that this role would hold: %(permissions)s.")
            % {"org": org.slug, "permissions": ", ".join(sorted(lacking))},
            code="role_above_yours",
        )
