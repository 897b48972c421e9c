"""Groups that sources of sign-in know, and what being in one gives here."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.text import validate_line
from apps.orgs.models.orgs import Org, Role
from apps.orgs.models.people import User
from apps.orgs.models.teams import Team
from apps.orgs.permissions import BuiltinRole

MAX_GROUP_NAME = 255


class DirectoryGroup(models.Model):
    """A group as a source knows it, and who of the people here it says is in it."""

    source = models.CharField(_("source"), max_length=20)
    name = models.CharField(_("name"), max_length=MAX_GROUP_NAME)
    external_id = models.CharField(max_length=255, blank=True)
    members = models.ManyToManyField(User, related_name="directory_groups")
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("directory group")
        verbose_name_plural = _("directory groups")
        ordering = ["source", "name"]
        constraints = [
            models.UniqueConstraint(fields=["source", "name"], name="directory_group_unique")
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.name}"


class GroupMapping(models.Model):
    """That whoever is in a group of a source (of any, if empty) has a role in an org, and is in one of its teams."""

    source = models.CharField(
        _("source"),
        max_length=20,
        blank=True,
        choices=[
            ("oidc", "OpenID Connect"),
            ("ldap", "LDAP"),
            ("saml", "SAML"),
            ("scim", "SCIM"),
        ],
    )
    group = models.CharField(_("group"), max_length=MAX_GROUP_NAME, validators=[validate_line])
    org = models.ForeignKey(
        Org, models.CASCADE, related_name="group_mappings", verbose_name=_("organisation")
    )
    role = models.ForeignKey(
        Role, models.CASCADE, related_name="+", default=BuiltinRole.MEMBER, verbose_name=_("role")
    )
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("group mapping")
        verbose_name_plural = _("group mappings")
        ordering = ["group", "pk"]

    def __str__(self) -> str:
        return f"{self.source or '*'}: {self.group} → {self.org}"

    def clean(self) -> None:
        """Refuse an org that takes no members, and what belongs to another one."""
        if self.org.is_personal:
            raise ValidationError({"org": _("A personal organisation has no groups.")})
        if not Role.objects.usable_in(self.org).filter(pk=self.role_id).exists():
            raise ValidationError({"role": _("There is no such role here.")})
        if self.team is not None and self.team.org_id != self.org_id:
            raise ValidationError({"team": _("There is no such team here.")})


class MappedRight(models.Model):
    """Something that somebody has by a mapping and by nothing else: a role in an org, or a place in a team, or (with
    neither) the administration of the installation. What was given by hand is not in here, and so never taken."""

    user = models.ForeignKey(User, models.CASCADE, related_name="mapped_rights")
    org = models.ForeignKey(Org, models.CASCADE, null=True, related_name="+")
    role = models.ForeignKey(Role, models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "org"],
                condition=Q(org__isnull=False),
                name="mapped_right_org_unique",
            ),
            models.UniqueConstraint(
                fields=["user", "team"],
                condition=Q(team__isnull=False),
                name="mapped_right_team_unique",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(org=None, team=None),
                name="mapped_right_administrator_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.team or self.org or '*'}"
