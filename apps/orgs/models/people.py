"""People, service accounts and their API keys."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.text import validate_line
from apps.orgs.actor import Actor
from apps.orgs.permissions import ALL, READ, WRITE, Perm

# First path segments that the product uses itself.
RESERVED_SLUGS = frozenset(
    """
    about accounts admin api artifacts assets auth billing compare dashboards docs events
    explore export favicon.ico files graphql health healthz help home import invite jobs login
    logout manifest media metrics mlflow models new nodes oauth oidc org orgs people privacy
    profile projects public queues ready readyz registry reports robots.txt root runs saml scim
    sdk search service settings signin signup site sso static status storage styleguide support
    sweeps system teams terms user users wandb webhooks welcome ws
    """.split()
)
slug_validator = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\Z",
    _("Use 1 to 63 lower-case letters, digits, - and _, with a letter or digit at both ends."),
)


class User(AbstractUser):
    """A person, whose username is the slug of their personal org; or the service account of an org or team.

    A service account has no password, no e-mail and no personal org: it has API keys only.
    """

    class Theme(models.TextChoices):
        SYSTEM = "system", _("System")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    username = models.CharField(
        _("username"),
        max_length=63,
        unique=True,
        validators=[slug_validator],
        error_messages={"unique": _("This name is taken.")},
    )
    email = models.EmailField(_("e-mail"), blank=True)
    name = models.CharField(_("name"), max_length=150, blank=True, validators=[validate_line])
    language = models.CharField(_("language"), max_length=16, blank=True)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    service_org = models.ForeignKey(
        "orgs.Org",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="service_accounts",
        verbose_name=_("service account of"),
    )
    service_team = models.ForeignKey(
        "orgs.Team",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="service_accounts",
        verbose_name=_("of its team"),
    )
    # One name is enough, and the order of two is not the same in Chinese and English.
    first_name = None  # type: ignore[assignment]  # AbstractUser declares it; None removes the column
    last_name = None  # type: ignore[assignment]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="user_email_unique",
                violation_error_message=_("An account with this e-mail exists."),
            )
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def display_name(self) -> str:
        return self.name or self.username

    @property
    def is_service(self) -> bool:
        return self.service_org_id is not None

    @property
    def home_org_slug(self) -> str:
        """The org where a script logs when it names none: the personal one, or the service account's."""
        return self.service_org.slug if self.service_org is not None else self.username

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def owned_by(self, actor: Actor) -> ApiKeyQuerySet:
        """Keep the keys of the person who asks."""
        return self.none() if actor.user_id is None else self.filter(user_id=actor.user_id)

    def usable(self) -> ApiKeyQuerySet:
        """Keep the keys that are neither revoked nor expired, of people who may sign in."""
        now = clock.now()
        fresh = Q(expires_at=None) | Q(expires_at__gt=now)
        in_service = Q(retires_at=None) | Q(retires_at__gt=now)
        return self.filter(fresh, in_service, revoked_at=None, user__is_active=True)

    def find(self, secret: str) -> ApiKey | None:
        """Return the usable key with this secret, its user loaded, or None."""
        return self.usable().filter(digest=ApiKey.digest_of(secret)).select_related("user").first()


class ApiKey(models.Model):
    """A key for scripts. Only its digest is kept: the key itself is shown once.

    A key holds 160 random bits, so a plain SHA-256 can't be searched through; a slow password hash would only
    make each request slow.
    """

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Read and write runs")
        FULL = "full", _("Everything the owner may do")

    CAPS: ClassVar[dict[str, frozenset[Perm]]] = {
        Scope.READ: READ,
        Scope.WRITE: WRITE,
        Scope.FULL: ALL,
    }
    LENGTH = 40
    PREFIX_LENGTH = 8

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=100, validators=[validate_line])
    prefix = models.CharField(_("prefix"), max_length=PREFIX_LENGTH, db_index=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(_("scope"), max_length=8, choices=Scope.choices, default=Scope.FULL)
    only_org = models.ForeignKey(
        "orgs.Org",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("for this organisation only"),
    )
    # No foreign key: projects are above this app. A project's number is never used again.
    only_project_id = models.PositiveBigIntegerField(
        _("for this project only"), null=True, blank=True
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    replaced_by = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="replaces",
        verbose_name=_("replaced by"),
    )
    retires_at = models.DateTimeField(_("ends, being replaced"), null=True, editable=False)
    # What it was made for, in words: set by reach.named.
    only: str

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=["read", "write", "full"]), name="api_key_scope_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @staticmethod
    def new_secret() -> str:
        """Make a key: 40 hexadecimal characters, which old wandb clients insist on."""
        return secrets.token_hex(ApiKey.LENGTH // 2)

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @property
    def is_limited(self) -> bool:
        """Whether it is for one org or project, and so for nothing of its owner's account."""
        return self.only_org_id is not None or self.only_project_id is not None

    @property
    def cap(self) -> frozenset[Perm]:
        cap = self.CAPS[self.scope]
        return cap - {Perm.ACCOUNT_MANAGE} if self.is_limited else cap

    @property
    def ends_at(self) -> datetime | None:
        """When it ends by itself: as it was made, or sooner where another key has replaced it."""
        return min((end for end in (self.expires_at, self.retires_at) if end), default=None)

    @property
    def is_expired(self) -> bool:
        return self.ends_at is not None and self.ends_at <= clock.now()

    @property
    def is_usable(self) -> bool:
        """Whether it opens anything, if its owner may sign in."""
        return self.revoked_at is None and not self.is_expired
