"""Projects: the homes of runs, and the unit of permission."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.text import validate_line, validate_name
from apps.orgs.actor import Actor
from apps.orgs.models import Org, User, org_predicate
from apps.orgs.permissions import PUBLIC, Perm

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
    """The one rule of who may do what on a project: the org's role, or what a public project grants."""
    predicate = org_predicate(actor, perm, "org_id")
    signed_in_or_open = not actor.is_anonymous or settings.ANONYMOUS_ACCESS
    if perm in PUBLIC and perm in actor.cap and signed_in_or_open:
        predicate |= Q(visibility=Project.Visibility.PUBLIC)
    return predicate


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
