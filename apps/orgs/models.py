"""People, their API keys, organisations and who belongs to them."""

from __future__ import annotations

import hashlib
import secrets
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.text import validate_line
from apps.orgs.actor import Actor
from apps.orgs.permissions import ALL, READ, WRITE, Perm, Role, roles_with

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
    """A person or a script's account. The username is the slug of the personal org."""

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

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class OrgQuerySet(models.QuerySet["Org"]):
    def visible_to(self, actor: Actor, perm: Perm = Perm.ORG_VIEW) -> OrgQuerySet:
        """Keep the orgs in which `actor` holds `perm`."""
        return self.filter(org_predicate(actor, perm, "pk"))

    def with_role_of(self, actor: Actor) -> OrgQuerySet:
        """Annotate `role`: the actor's own in each org, or None."""
        own = Membership.objects.filter(org_id=OuterRef("pk"), user_id=actor.user_id or 0)
        return self.annotate(role=Subquery(own.values("role")[:1]))


def org_predicate(actor: Actor, perm: Perm, org_path: str) -> Q:
    """The condition "actor's role in the org at `org_path` holds perm", the one rule behind every check.

    EXISTS and not a join: a left join would match the NULL of anonymous users against orgs without members.
    """
    if perm not in actor.cap or actor.user_id is None:
        return Q(pk__in=[])
    if actor.is_superuser:
        return ~Q(pk__in=[])
    memberships = Membership.objects.filter(
        org_id=OuterRef(org_path), user_id=actor.user_id, role__in=roles_with(perm)
    )
    return Q(Exists(memberships))


class Org(models.Model):
    """An organisation: the home of projects. Everybody has a personal one."""

    slug = models.CharField(_("slug"), max_length=63, unique=True, validators=[slug_validator])
    name = models.CharField(_("name"), max_length=150, validators=[validate_line])
    description = models.TextField(_("description"), blank=True, max_length=10_000)
    is_personal = models.BooleanField(_("personal"), default=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = OrgQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """That a person belongs to an org, and as what."""

    org = models.ForeignKey(Org, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(
        _("role"),
        max_length=16,
        choices=[(Role.ADMIN, _("Admin")), (Role.MEMBER, _("Member")), (Role.VIEWER, _("Viewer"))],
        default=Role.MEMBER,
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["org", "user"], name="membership_unique"),
            models.CheckConstraint(condition=Q(role__in=list(Role)), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role}) in {self.org}"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def owned_by(self, actor: Actor) -> ApiKeyQuerySet:
        """Keep the keys of the person who asks."""
        return self.none() if actor.user_id is None else self.filter(user_id=actor.user_id)

    def usable(self) -> ApiKeyQuerySet:
        """Keep the keys that are neither revoked nor expired, of people who may sign in."""
        fresh = Q(expires_at=None) | Q(expires_at__gt=clock.now())
        return self.filter(fresh, revoked_at=None, user__is_active=True)

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
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

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
    def cap(self) -> frozenset[Perm]:
        return self.CAPS[self.scope]

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def is_usable(self) -> bool:
        """Whether it opens anything, if its owner may sign in."""
        return self.revoked_at is None and not self.is_expired
