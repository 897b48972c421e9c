"""Every write about organisations and who belongs to them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import Conflict, Invalid
from apps.core.text import normalise
from apps.orgs.models import Membership, Org, Role, User
from apps.orgs.permissions import BuiltinRole
from apps.orgs.services.changes import announce_access_changed, only
from apps.orgs.services.people import is_taken

ORG_EDITABLE = frozenset({"name", "description"})


@transaction.atomic
def create_org(*, slug: str, name: str = "", description: str = "", admin: User) -> Org:
    """Make an org with `admin` as its first admin; raise Conflict `org_exists` when the name is taken."""
    org = Org(slug=slug, name=normalise(name.strip()) or slug, description=description, owner=admin)
    _check_org(org)
    try:
        if is_taken(slug):
            raise IntegrityError
        with transaction.atomic():
            org.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            _("The name %(name)s is taken.") % {"name": slug}, code="org_exists"
        ) from None
    Membership.objects.create(org=org, user=admin, role_id=BuiltinRole.ADMIN)
    return org


@transaction.atomic
def update_org(*, org: Org, **changes: str) -> Org:
    """Change an org's name or description; raise Invalid naming each field that cannot be used."""
    only(changes, ORG_EDITABLE)
    if "name" in changes:
        changes["name"] = normalise(changes["name"].strip())
    for field, value in changes.items():
        setattr(org, field, value)
    _check_org(org)
    org.save(update_fields=list(changes))
    return org


def _check_org(org: Org) -> None:
    try:
        org.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(_("This organisation cannot be saved."), fields=error.message_dict) from None


@transaction.atomic
def set_role(*, org: Org, user: User, role: str) -> Membership:
    """Make somebody a member of an org, or change their role in it. `role` is the key of a built-in role, or of
    one that the org or an org above it has made."""
    usable = Q(org=None) | Q(org__descents__org=org)
    if not Role.objects.filter(usable, key=role).exists():
        raise Invalid(_("There is no such role here."), fields={"role": [role]})
    membership, _is_new = Membership.objects.update_or_create(
        org=org, user=user, defaults={"role_id": role}
    )
    announce_access_changed(user.pk)
    return membership


@transaction.atomic
def remove_member(*, org: Org, user: User) -> None:
    """End somebody's membership. Their runs stay."""
    Membership.objects.filter(org=org, user=user).delete()
    announce_access_changed(user.pk)
