"""Organisations and their tree, roles, and who holds which role where."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.ids import random_id
from apps.core.text import validate_line
from apps.orgs.actor import Actor
from apps.orgs.models.people import User, slug_validator
from apps.orgs.permissions import BuiltinRole, Perm

EVERY_ROW = ~Q(pk__in=[])
NO_ROW = Q(pk__in=[])


def held_in_org(actor: Actor, perm: Perm, org_path: str) -> Q:
    """The condition "actor's roles in the org at `org_path`, or in one above it, hold perm".

    The one rule behind every check, and not yet all of it: a key's limits are `within_key`'s. A list of ids that is
    found once, not a question for each row; and no left join, which would match the NULL of anonymous users.
    """
    if perm not in actor.cap or actor.user_id is None:
        return NO_ROW
    if actor.is_superuser:
        return EVERY_ROW
    memberships = Membership.objects.filter(user_id=actor.user_id, role_id__in=roles_holding(perm))
    lines = OrgLineage.objects.filter(ancestor_id__in=memberships.values("org_id"))
    return Q(**{f"{org_path}__in": lines.values("org_id")})


def roles_holding(perm: Perm) -> QuerySet[Any]:
    """Return the keys of the roles that hold a permission, for a subquery: a join less than by way of the role."""
    return RolePermission.objects.filter(perm=perm).values("role_id")


def teams_of(user_id: int | None) -> QuerySet[Any]:
    """Return the ids of a person's teams, for a subquery: two joins less than by way of the group."""
    return User.groups.through.objects.filter(user_id=user_id or 0).values("group_id")


def within_org_of_key(actor: Actor, org_path: str) -> Q:
    """The condition "the org at `org_path` is the one that the actor's key is made for, or below it"."""
    if actor.only_org_id is None:
        return EVERY_ROW
    lines = OrgLineage.objects.filter(org_id=OuterRef(org_path), ancestor_id=actor.only_org_id)
    return Q(Exists(lines))


class OrgQuerySet(models.QuerySet["Org"]):
    def visible_to(self, actor: Actor, perm: Perm = Perm.ORG_VIEW) -> OrgQuerySet:
        """Keep the orgs in which `actor` holds `perm`. A key for one project opens no org."""
        if actor.only_project_id is not None:
            return self.none()
        return self.filter(held_in_org(actor, perm, "pk"), within_org_of_key(actor, "pk"))

    def with_role_of(self, actor: Actor) -> OrgQuerySet:
        """Annotate `role`: the key of the actor's role in each org, inherited where it has none of its own."""
        nearest = Membership.objects.filter(
            org__descents__org_id=OuterRef("pk"), user_id=actor.user_id or 0
        ).order_by("org__descents__distance")
        return self.annotate(role=Subquery(nearest.values("role_id")[:1]))

    def joined_by(self, actor: Actor) -> OrgQuerySet:
        """Keep the orgs that `actor` belongs to, by themselves or through one above."""
        memberships = Membership.objects.filter(
            org__descents__org_id=OuterRef("pk"), user_id=actor.user_id or 0
        )
        return self.filter(Exists(memberships))

    def above(self, org: Org) -> OrgQuerySet:
        """Keep the orgs that `org` lies in, the outermost first."""
        lines = Q(descents__org=org, descents__distance__gt=0)
        return self.filter(lines).order_by("-descents__distance")


class Org(models.Model):
    """An organisation: the home of projects. Everybody has a personal one; others may lie within one another."""

    MAX_LEVELS = 5

    slug = models.CharField(_("slug"), max_length=63, unique=True, validators=[slug_validator])
    name = models.CharField(_("name"), max_length=150, validators=[validate_line])
    description = models.TextField(_("description"), blank=True, max_length=10_000)
    is_personal = models.BooleanField(_("personal"), default=False)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="owned_orgs", verbose_name=_("owner")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = OrgQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def save(self, *args: object, **kwargs: object) -> None:
        """Write its lines of descent with a new org; moving one is `services.move_org`'s."""
        is_new = self._state.adding
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        if is_new:
            write_lineage(self)

    def lineage(self) -> list[Org]:
        """Return the orgs above this one, the outermost first, and itself."""
        return list(Org.objects.filter(descents__org=self).order_by("-descents__distance"))


class OrgLineage(models.Model):
    """That `org` lies `distance` levels below `ancestor`; each org is its own ancestor at distance 0.

    The closure of `Org.parent`, so that one EXISTS finds inherited roles however deep an org lies.
    """

    org = models.ForeignKey(Org, models.CASCADE, related_name="ascents", db_index=False)
    ancestor = models.ForeignKey(Org, models.CASCADE, related_name="descents")
    distance = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "ancestor"], name="org_lineage_unique")
        ]

    def __str__(self) -> str:
        return f"{self.org_id} is {self.distance} below {self.ancestor_id}"


def write_lineage(org: Org) -> None:
    """Write the lines of descent of one org, after those of its parent."""
    OrgLineage.objects.filter(org=org).delete()
    above = OrgLineage.objects.filter(org_id=org.parent_id) if org.parent_id else []
    OrgLineage.objects.bulk_create(
        [
            OrgLineage(org=org, ancestor=org, distance=0),
            *(
                OrgLineage(org=org, ancestor_id=line.ancestor_id, distance=line.distance + 1)
                for line in above
            ),
        ]
    )


def new_role_key() -> str:
    return random_id(12)


class RoleQuerySet(models.QuerySet["Role"]):
    def usable_in(self, org: Org) -> RoleQuerySet:
        """Keep the roles that can be given in `org`: the built-in ones, its own and those of the orgs above."""
        lines = OrgLineage.objects.filter(ancestor=OuterRef("org"), org=org)
        return self.filter(Q(org=None) | Q(Exists(lines)))


class Role(models.Model):
    """A set of permissions with a name: a built-in one (no org), or an organisation's own.

    An org's own roles can be given in the orgs below it too.
    """

    key = models.CharField(max_length=16, primary_key=True, default=new_role_key, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, null=True, editable=False, related_name="roles")
    name = models.CharField(_("name"), max_length=60, validators=[validate_line])
    description = models.CharField(_("description"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = RoleQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["created_at", "key"]
        constraints = [
            models.UniqueConstraint(
                "org",
                Lower("name"),
                name="role_name_unique_in_org",
                violation_error_message=_("There is a role of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_builtin(self) -> bool:
        return self.org_id is None

    @property
    def label(self) -> str:
        """Its name for people; that of a built-in role in their language."""
        return str(BUILTIN_LABELS[BuiltinRole(self.key)]) if self.is_builtin else self.name

    @property
    def perms(self) -> frozenset[Perm]:
        """What it lets its holders do."""
        return frozenset(Perm(row.perm) for row in self.permissions.all())

    def clean(self) -> None:
        if not self.is_builtin and self.name.lower() in set(BuiltinRole):
            raise ValidationError({"name": _("This is the name of a built-in role.")})


BUILTIN_LABELS = {
    BuiltinRole.ADMIN: _("Admin"),
    BuiltinRole.MEMBER: _("Member"),
    BuiltinRole.VIEWER: _("Viewer"),
}


class RolePermission(models.Model):
    """That a role holds a permission."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="permissions", db_index=False)
    perm = models.CharField(max_length=40, choices=[(perm.value, perm.value) for perm in Perm])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "perm"], name="role_permission_unique")
        ]

    def __str__(self) -> str:
        return f"{self.role_id}: {self.perm}"


class Membership(models.Model):
    """That a person or service account belongs to an org and those below it, and as what."""

    org = models.ForeignKey(Org, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.ForeignKey(
        Role,
        models.PROTECT,
        related_name="memberships",
        default=BuiltinRole.MEMBER,
        verbose_name=_("role"),
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["org", "user"], name="membership_unique")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role_id}) in {self.org}"
