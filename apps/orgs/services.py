"""Every write about people and orgs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.core import clock
from apps.core.errors import Conflict, Invalid
from apps.orgs import events
from apps.orgs.models import RESERVED_SLUGS, ApiKey, Membership, Org, User
from apps.orgs.permissions import Role


@transaction.atomic
def create_user(
    *,
    username: str,
    email: str = "",
    password: str | None = None,
    name: str = "",
    is_admin: bool = False,
    org: Org | None = None,
) -> User:
    """Make a person with a personal org, and a member of `org` if given. No password: they can't sign in by one.

    Raises Invalid naming each field that cannot be used.
    """
    user = User(username=username, email=email, name=name, is_staff=is_admin, is_superuser=is_admin)
    problems = _user_problems(user, password)
    if problems:
        raise Invalid("This account cannot be made.", fields=problems)
    user.set_password(password)
    user.save()
    personal = Org.objects.create(slug=username, name=name or username, is_personal=True)
    Membership.objects.create(org=personal, user=user, role=Role.ADMIN)
    if org is not None:
        Membership.objects.create(org=org, user=user, role=Role.MEMBER)
    return user


def _user_problems(user: User, password: str | None) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        problems |= {
            ("email" if field == "__all__" else field): messages
            for field, messages in error.message_dict.items()
        }
    if user.username in RESERVED_SLUGS or Org.objects.filter(slug=user.username).exists():
        problems["username"] = ["This name is taken."]
    if password is not None:
        try:
            password_validation.validate_password(password, user)
        except ValidationError as error:
            problems["password"] = list(error.messages)
    return problems


def find_personal_org(user: User) -> Org | None:
    """Return the user's own org."""
    return Org.objects.filter(is_personal=True, memberships__user=user).order_by("pk").first()


@transaction.atomic
def create_org(*, slug: str, name: str = "", description: str = "", admin: User) -> Org:
    """Make an org with `admin` as its first admin."""
    org = Org(slug=slug, name=name or slug, description=description)
    try:
        org.full_clean(validate_unique=False)
    except ValidationError as error:
        raise Invalid("This organisation cannot be made.", fields=error.message_dict) from None
    if slug in RESERVED_SLUGS or Org.objects.filter(slug=slug).exists():
        raise Conflict(f"The name {slug} is taken.", code="org_exists")
    org.save()
    Membership.objects.create(org=org, user=admin, role=Role.ADMIN)
    return org


@transaction.atomic
def update_org(*, org: Org, **changes: Any) -> Org:
    """Change an org's name or description."""
    for field, value in changes.items():
        setattr(org, field, value)
    org.full_clean()
    org.save(update_fields=list(changes))
    return org


def create_api_key(
    *,
    user: User,
    name: str,
    scope: str = ApiKey.Scope.FULL,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which can't be had again."""
    secret = ApiKey.new_secret()
    key = ApiKey.objects.create(
        user=user,
        name=name or "key",
        prefix=secret[: ApiKey.PREFIX_LENGTH],
        digest=ApiKey.digest_of(secret),
        scope=scope,
        expires_at=expires_at,
    )
    return key, secret


@transaction.atomic
def revoke_api_key(*, key: ApiKey) -> None:
    """End a key now. Revoking twice keeps the first time."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now())
    user_id = key.user_id
    transaction.on_commit(lambda: announce_access_changed(user_id))


def announce_access_changed(user_id: int) -> None:
    """Make caches forget what this user may do."""
    events.access_changed.send(sender=None, user_id=user_id)


@transaction.atomic
def create_first_administrator(*, username: str, email: str, password: str) -> User:
    """Make the installation's administrator; raise Conflict when somebody is there already."""
    # The row that the unique constraint protects is the lock: two browsers can race to this page.
    if User.objects.select_for_update().exists():
        raise Conflict("This installation has an administrator. Sign in instead.")
    try:
        return create_user(username=username, email=email, password=password, is_admin=True)
    except IntegrityError:
        raise Conflict("This installation has an administrator. Sign in instead.") from None
