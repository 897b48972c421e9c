"""Every write about organisations and their tree."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.core.errors import Conflict, Invalid
from apps.core.text import normalise
from apps.orgs import access
from apps.orgs.actor import Actor
from apps.orgs.members import admins_of, belonging_to
from apps.orgs.models import Membership, Org, OrgLineage, Role, Team, User, write_lineage
from apps.orgs.permissions import BuiltinRole, Perm
from apps.orgs.services.changes import announce_access_changed, only
from apps.orgs.services.people import is_taken

ORG_EDITABLE = frozenset({"name", "description"})


@transaction.atomic
def create_org(
    *,
    slug: str,
    name: str = "",
    description: str = "",
    admin: User,
    parent: Org | None = None,
) -> Org:
    """Make an org with `admin` as its first admin, on its own or within `parent`, which was loaded for org.edit.

    Raises Conflict `org_exists` when the name is taken, `too_deep` where `parent` lies too deep already.
    """
    org = Org(
        slug=slug,
        name=normalise(name.strip()) or slug,
        description=description,
        owner=admin,
        parent=parent,
    )
    _check_org(org)
    if parent is not None:
        _lock_trees(parent)
        _check_place(parent, height=1)
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


@transaction.atomic
def move_org(*, org: Org, parent: Org | None, by: Actor) -> Org:
    """Put an org with all below it into another one, or on its own (None).

    `by` needs org.edit in it, in the one it leaves and in the one it comes into. Its members change with the orgs
    above it. Raises Forbidden, and Conflict `personal_org`, `cycle`, `too_deep`,
    `last_admin` or `role_in_use`.
    """
    _lock_trees(*[each for each in (org, parent) if each is not None])
    org.refresh_from_db()
    for end in (org, org.parent, parent):
        if end is not None:
            access.get_org(by, end.slug, Perm.ORG_EDIT)
    if org.is_personal:
        raise Conflict(_("A personal organisation stands on its own."), code="personal_org")
    subtree = list(Org.objects.filter(ascents__ancestor=org).order_by("ascents__distance"))
    if parent is not None:
        if parent in subtree:
            raise Conflict(_("%(org)s cannot lie within itself.") % {"org": org.slug}, code="cycle")
        _check_place(parent, height=_height(org))
    before = _people_of(subtree)
    org.parent = parent
    org.save(update_fields=["parent"])
    for each in [org, *subtree[1:]]:  # Each after the one that it lies in.
        write_lineage(each)
    if not admins_of(org).exists():
        raise Conflict(
            _("%(org)s would have no admin there. Make somebody an admin of it first.")
            % {"org": org.slug},
            code="last_admin",
        )
    _check_roles(subtree)
    for team in Team.objects.filter(org__in=subtree).select_related("org"):
        team.user_set.remove(*team.user_set.exclude(pk__in=belonging_to(team.org).values("pk")))
    for user_id in before | _people_of(subtree):
        announce_access_changed(user_id)
    return org


def _lock_trees(*orgs: Org) -> None:
    """Make whoever else moves any org above or below these wait for this transaction's end."""
    near = Org.objects.filter(ascents__ancestor__in=orgs) | Org.objects.filter(
        descents__org__in=orgs
    )
    numbers = set(near.values_list("pk", flat=True))
    list(Org.objects.select_for_update().filter(pk__in=numbers).order_by("pk"))


def _check_place(parent: Org, *, height: int) -> None:
    """Raise Conflict where an org of `height` levels cannot lie in `parent`."""
    if parent.is_personal:
        raise Conflict(_("A personal organisation holds no others."), code="personal_org")
    if OrgLineage.objects.filter(org=parent).count() + height > Org.MAX_LEVELS:
        raise Conflict(
            _("Organisations lie at most %(count)d levels deep.") % {"count": Org.MAX_LEVELS},
            code="too_deep",
        )


def _height(org: Org) -> int:
    deepest = OrgLineage.objects.filter(ancestor=org).aggregate(Max("distance"))["distance__max"]
    return int(deepest or 0) + 1


def _people_of(orgs: list[Org]) -> set[int]:
    """Return the numbers of all who belong to one of these orgs or are in a team of one."""
    members = Membership.objects.filter(org__descents__org__in=orgs)
    teams = User.objects.filter(groups__team__org__in=orgs)
    return {*members.values_list("user_id", flat=True), *teams.values_list("pk", flat=True)}


def _check_roles(orgs: list[Org]) -> None:
    """Raise Conflict where somebody holds a role of an org that is no longer above."""
    for org in orgs:
        held = Role.objects.filter(memberships__org=org)
        lost = held.exclude(pk__in=Role.objects.usable_in(org).values("pk")).first()
        if lost is not None:
            raise Conflict(
                _(
                    "Members of %(org)s have the role %(role)s, which they would lose. "
                    "Give them another one first."
                )
                % {"org": org.slug, "role": lost.label},
                code="role_in_use",
            )


def _check_org(org: Org) -> None:
    try:
        org.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(_("This organisation cannot be saved."), fields=error.message_dict) from None
