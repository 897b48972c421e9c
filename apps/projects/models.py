"""Projects: the homes of runs, and the unit of permission."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.core import clock
from apps.core.text import validate_line, validate_name
from apps.orgs.actor import Actor
from apps.orgs.models import (
    Org,
    Quota,
    Role,
    Team,
    User,
    held_in_org,
    roles_holding,
    teams_of,
    within_org_of_key,
)
from apps.orgs.permissions import ON_PROJECT, PUBLIC, Perm

# What W&B allows in a project's name, so that its users keep theirs; any script, Chinese too. Control and
# invisible characters are left to validate_name.
slug_validator = RegexValidator(
    r"^(?!\.{1,2}\Z)[^\s/\\#?%:](?:[^/\\#?%:]{0,126}[^\s/\\#?%:])?\Z",
    _("Use 1 to 128 characters without / \\ # ? %% : and without a space at either end."),
)


class ProjectQuerySet(models.QuerySet["Project"]):
    def in_org(self, org: Org) -> ProjectQuerySet:
        """Keep the projects of an org that was loaded through access."""
        return self.filter(org=org, deleted_at=None)

    def visible_to(self, actor: Actor, perm: Perm = Perm.PROJECT_VIEW) -> ProjectQuerySet:
        """Keep the projects on which `actor` holds `perm`."""
        return self.filter(project_predicate(actor, perm), deleted_at=None)

    def with_allowed(self, actor: Actor, perm: Perm) -> ProjectQuerySet:
        """Annotate `allowed`: whether `actor` holds `perm`, in the same query."""
        held = Project.objects.visible_to(actor, perm).filter(pk=OuterRef("pk"))
        return self.annotate(allowed=Exists(held))


def project_predicate(actor: Actor, perm: Perm) -> Q:
    """The one rule of who may do what on a project: roles in its org and above, roles and grants on itself, and
    what a public project gives to all."""
    if perm not in actor.cap:
        return Q(pk__in=[])
    held = held_in_org(actor, perm, "org_id")
    if actor.user_id is not None and not actor.is_superuser:
        held |= granted_on_project(actor.user_id, perm)
    if perm in PUBLIC and (not actor.is_anonymous or settings.ANONYMOUS_ACCESS):
        held |= Q(visibility=Project.Visibility.PUBLIC)
    return held & within_key(actor, "org_id", "pk")


def within_key(actor: Actor, org_path: str, project_path: str) -> Q:
    """The condition "the actor's key is made for this project, or its org, or for all"."""
    within = within_org_of_key(actor, org_path)
    if actor.only_project_id is not None:
        within &= Q(**{project_path: actor.only_project_id})
    return within


def granted_on_project(user_id: int, perm: Perm) -> Q:
    """The condition "they, or a team of theirs, have a role or a grant on this project that holds perm"."""
    roles = ProjectGrant.objects.filter(role_id__in=roles_holding(perm))
    to_person = ProjectUserObjectPermission.objects.filter(
        user_id=user_id, permission__codename=perm.codename
    )
    to_team = ProjectGroupObjectPermission.objects.filter(
        group_id__in=teams_of(user_id), permission__codename=perm.codename
    )
    # Lists of ids that are found once, rather than four questions for each project.
    return (
        Q(pk__in=roles.filter(user_id=user_id).values("project"))
        | Q(pk__in=roles.filter(team_id__in=teams_of(user_id)).values("project"))
        | Q(pk__in=to_person.values("content_object"))
        | Q(pk__in=to_team.values("content_object"))
    )


class Project(models.Model):
    class Visibility(models.TextChoices):
        PRIVATE = "private", _("Private")
        PUBLIC = "public", _("Public")

    org = models.ForeignKey(Org, models.CASCADE, related_name="projects")
    slug = models.CharField(_("name"), max_length=128, validators=[slug_validator, validate_name])
    name = models.CharField(
        _("display name"), max_length=200, blank=True, validators=[validate_line]
    )
    description = models.TextField(_("description"), blank=True, max_length=100_000)
    visibility = models.CharField(
        _("visibility"), max_length=8, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    tags = models.JSONField(_("tags"), default=list, blank=True)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=clock.now, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    # Runs are numbered 1, 2, 3 … and never again, even when one is purged.
    last_run_number = models.PositiveIntegerField(default=0, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["-updated_at", "-pk"]
        # What a grant on one project can give; pages name permissions by themselves.
        permissions = [(perm.codename, perm.value) for perm in sorted(ON_PROJECT)]
        constraints = [
            # A deleted project keeps its name out of the way of a new one.
            models.UniqueConstraint(
                fields=["org", "slug"],
                condition=Q(deleted_at=None),
                name="project_slug_unique_in_org",
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=["private", "public"]), name="project_visibility_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.org.slug}/{self.slug}"

    def get_absolute_url(self) -> str:
        return f"/{quote(self.org.slug)}/{quote(self.slug, safe='')}"

    @property
    def display_name(self) -> str:
        return self.name or self.slug

    @property
    def is_public(self) -> bool:
        return self.visibility == self.Visibility.PUBLIC


class ProjectGrant(models.Model):
    """A role that a person or a team has on one project, besides the roles in its org."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="grants")
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="project_grants"
    )
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="project_grants"
    )
    role = models.ForeignKey(Role, models.PROTECT, related_name="project_grants")
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("role on a project")
        verbose_name_plural = _("roles on projects")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, team__isnull=False) | Q(user__isnull=False, team=None),
                name="project_grant_to_one",
            ),
            models.UniqueConstraint(
                fields=["project", "user"],
                condition=Q(team=None),
                name="project_grant_unique_user",
            ),
            models.UniqueConstraint(
                fields=["project", "team"],
                condition=Q(user=None),
                name="project_grant_unique_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.team} ({self.role_id}) on {self.project}"


class ProjectUserObjectPermission(UserObjectPermissionBase):
    """A permission that a person was given on one project by sharing it."""

    content_object = models.ForeignKey(Project, models.CASCADE, related_name="person_grants")


class ProjectGroupObjectPermission(GroupObjectPermissionBase):
    """A permission that a team was given on one project by sharing it."""

    content_object = models.ForeignKey(Project, models.CASCADE, related_name="team_grants")


class UsageQuerySet(models.QuerySet[Any]):
    def largest(self) -> UsageQuerySet:
        """Put those first that hold most."""
        size = F("metric_bytes") + F("console_bytes") + F("document_bytes")
        return self.order_by(size.desc(), "pk")


class ProjectUsageQuerySet(UsageQuerySet):
    def visible_to(self, actor: Actor) -> ProjectUsageQuerySet:
        """Keep those of projects that `actor` can see."""
        seen = Project.objects.visible_to(actor).order_by().values("pk")
        return self.filter(project__in=seen).select_related("project__org")

    def within(self, org: Org) -> ProjectUsageQuerySet:
        """Keep those of projects of an org and of those below it."""
        return self.filter(project__org__ascents__ancestor=org)


class Usage(models.Model):
    """How much something held when it was last measured (usage.py). Sizes are of what is stored, without indexes."""

    metric_bytes = models.BigIntegerField(_("metrics in bytes"), default=0)
    console_bytes = models.BigIntegerField(_("console in bytes"), default=0)
    document_bytes = models.BigIntegerField(_("documents in bytes"), default=0)
    points = models.BigIntegerField(_("points"), default=0)
    # Those in the trash too: they take their place until they are purged.
    runs = models.BigIntegerField(_("runs"), default=0)
    trashed_runs = models.BigIntegerField(_("runs in the trash"), default=0)
    measured_at = models.DateTimeField(_("measured"))

    class Meta:
        abstract = True

    @property
    def storage_bytes(self) -> int:
        return self.metric_bytes + self.console_bytes + self.document_bytes


class ProjectUsage(Usage):
    """What a project held when it was last measured."""

    project = models.OneToOneField(
        Project, models.CASCADE, primary_key=True, related_name="usage", verbose_name=_("project")
    )

    objects = ProjectUsageQuerySet.as_manager()

    class Meta:
        verbose_name = _("usage of a project")
        verbose_name_plural = _("usage of projects")

    def __str__(self) -> str:
        return f"usage of {self.project}"


class OrgUsage(Usage):
    """What an org and those below it held when they were last measured, and how many people are in them."""

    org = models.OneToOneField(
        Org, models.CASCADE, primary_key=True, related_name="usage", verbose_name=_("organisation")
    )
    seats = models.BigIntegerField(_("seats"), default=0)

    objects = UsageQuerySet.as_manager()

    class Meta:
        verbose_name = _("usage of an organisation")
        verbose_name_plural = _("usage of organisations")

    def __str__(self) -> str:
        return f"usage of {self.org}"


class ProjectQuota(Quota):
    """The most that a project may hold. Admins of its org set it, within what the org may hold."""

    project = models.OneToOneField(
        Project, models.CASCADE, primary_key=True, related_name="quota", verbose_name=_("project")
    )

    class Meta:
        verbose_name = _("limits of a project")
        verbose_name_plural = _("limits of projects")

    def __str__(self) -> str:
        return f"limits of {self.project}"
