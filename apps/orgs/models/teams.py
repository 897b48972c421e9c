"""Teams, and invitations to an org or team."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.text import validate_line
from apps.orgs.models.orgs import Org, Role
from apps.orgs.models.people import User, slug_validator


class Team(Group):
    """Some members of an org, who are granted rights on projects together.

    It is one of Django's groups, so that object-level grants can name it; `user_set` are its members, and the
    group's own name, unique in the installation, is "org/team".
    """

    org = models.ForeignKey(
        Org, models.CASCADE, related_name="teams", verbose_name=_("organisation")
    )
    slug = models.CharField(_("slug"), max_length=63, validators=[slug_validator])
    title = models.CharField(_("name"), max_length=150, validators=[validate_line])
    description = models.TextField(_("description"), blank=True, max_length=10_000)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    if TYPE_CHECKING:
        objects: ClassVar[models.Manager[Team]]  # type: ignore[assignment]  # the parent's is one of groups

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["org", "slug"], name="team_slug_unique_in_org")
        ]

    def __str__(self) -> str:
        return f"{self.org.slug}/{self.slug}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def in_org(self, org: Org) -> InvitationQuerySet:
        """Keep the invitations to an org that was loaded through access."""
        return self.filter(org=org)

    def open(self) -> InvitationQuerySet:
        """Keep the invitations that can still be accepted."""
        unused = Q(max_uses=None) | Q(use_count__lt=F("max_uses"))
        return self.filter(unused, revoked_at=None, expires_at__gt=clock.now())


class Invitation(models.Model):
    """A link that makes whoever opens it a member of an org, and of one of its teams. Only its digest is kept.

    With an e-mail address it is for the account of that address only.
    """

    org = models.ForeignKey(Org, models.CASCADE, related_name="invitations")
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    role = models.ForeignKey(Role, models.CASCADE, related_name="+", verbose_name=_("role"))
    email = models.EmailField(_("e-mail"), blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    max_uses = models.PositiveIntegerField(_("can be used"), null=True, blank=True, default=1)
    use_count = models.PositiveIntegerField(_("used"), default=0, editable=False)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.email or '*'} → {self.org}"

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(24)

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @property
    def is_open(self) -> bool:
        """Whether it can still be accepted."""
        is_used_up = self.max_uses is not None and self.use_count >= self.max_uses
        return self.revoked_at is None and self.expires_at > clock.now() and not is_used_up

    def is_for(self, email: str) -> bool:
        """Tell whether the holder of this address may accept it."""
        return not self.email or self.email == email.lower()
