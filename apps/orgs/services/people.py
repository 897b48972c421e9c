"""Every write about people."""

from __future__ import annotations

import re

from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from apps.core import clock
from apps.core.errors import Conflict, Invalid
from apps.core.text import normalise
from apps.orgs.models import RESERVED_SLUGS, Membership, Org, User
from apps.orgs.permissions import BuiltinRole
from apps.orgs.services.changes import announce_access_changed, only

# What a person may change of their account. All else (rights, username, state) has its own function.
PROFILE = frozenset({"name", "email", "language", "theme"})


@transaction.atomic
def create_user(
    *,
    username: str,
    email: str = "",
    password: str | None = None,
    name: str = "",
    is_admin: bool = False,
) -> User:
    """Make a person with a personal org. No password: they can't sign in by one, only by API key.

    Raises Invalid naming each field that cannot be used.
    """
    user = User(
        username=username,
        email=email.strip().lower(),
        name=normalise(name.strip()),
        is_staff=is_admin,
        is_superuser=is_admin,
    )
    problems = _user_problems(user)
    if "username" not in problems and is_taken(username):
        problems["username"] = [_("This name is taken.")]
    if password is not None:
        problems |= _password_problems(user, password)
    if problems:
        raise Invalid(_("This account cannot be made."), fields=problems)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            personal = Org.objects.create(
                slug=username, name=user.name or username, is_personal=True, owner=user
            )
    except IntegrityError:  # Another request took the name or the address meanwhile.
        raise Invalid(
            _("This account cannot be made."), fields={"username": [_("This name is taken.")]}
        ) from None
    Membership.objects.create(org=personal, user=user, role_id=BuiltinRole.ADMIN)
    return user


@transaction.atomic
def update_user(*, user: User, **changes: str) -> User:
    """Change a person's name, email, language or theme; raise Invalid naming each field that cannot be used."""
    only(changes, PROFILE)
    if "email" in changes:
        changes["email"] = changes["email"].strip().lower()
    if "name" in changes:
        changes["name"] = normalise(changes["name"].strip())
    old_email = user.email
    for field, value in changes.items():
        setattr(user, field, value)
    problems = _user_problems(user)
    if changes.get("language", "") not in {"", *dict(settings.LANGUAGES)}:
        problems["language"] = [_("Choose one of the languages offered.")]
    if problems:
        raise Invalid(_("This profile cannot be saved."), fields=problems)
    try:
        with transaction.atomic():
            user.save(update_fields=list(changes))
    except IntegrityError:
        raise Invalid(
            _("This profile cannot be saved."),
            fields={"email": [_("An account with this e-mail exists.")]},
        ) from None
    if user.email != old_email:
        forget_old_addresses(user)
    return user


def forget_old_addresses(user: User) -> None:
    """Make allauth forget the addresses that it noted: an old one must not open the account any more."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()


@transaction.atomic
def set_active(*, user: User, is_active: bool) -> None:
    """Deactivate a person (sessions, tokens and keys end at once; runs stay) or let them back in.

    Raises Conflict for the last active administrator, whom nobody could let back in.
    """
    if not is_active and is_last_administrator(user):
        raise Conflict(
            _("%(user)s is the last administrator. Make another one first.") % {"user": user},
            code="last_administrator",
        )
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    announce_access_changed(user.pk)


def is_last_administrator(user: User) -> bool:
    """Tell whether `user` is the only active administrator. Locks the others' rows, so that two can't go at once."""
    administrators = User.objects.select_for_update().filter(is_superuser=True, is_active=True)
    return {administrator.pk for administrator in administrators} == {user.pk}


@transaction.atomic
def create_first_administrator(*, username: str, email: str, password: str) -> User:
    """Make the installation's administrator; raise Conflict when somebody is there already."""
    # There is no user's row to lock yet, so two browsers that race to the page wait for each other at this one.
    # On SQLite, which has no row locks, a transaction that writes excludes all others from its beginning.
    user_type = ContentType.objects.get_for_model(User)
    ContentType.objects.select_for_update().get(pk=user_type.pk)
    if User.objects.exists():
        raise Conflict(
            _("This installation has an administrator. Sign in instead."),
            code="administrator_exists",
        )
    return create_user(username=username, email=email, password=password, is_admin=True)


def ensure_administrator() -> User | None:
    """Make the administrator whom WANLLMDB_ADMIN_EMAIL and WANLLMDB_ADMIN_PASSWORD name, if nobody exists yet.

    Returns the new person, or None when there is nothing to do. Raises Invalid when the two can't be used.
    The username is the first part of the address, or `administrator` where that can't be one.
    """
    email, password = settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD
    if not email and not password:
        return None
    if not email or not password:
        raise Invalid("Set both WANLLMDB_ADMIN_EMAIL and WANLLMDB_ADMIN_PASSWORD, or neither.")
    if User.objects.exists():
        return None
    try:
        return create_first_administrator(
            username=_username_from(email), email=email, password=password
        )
    except Conflict:  # Another process of this installation was quicker.
        return None
    except Invalid as error:
        reasons = " ".join(message for messages in error.fields.values() for message in messages)
        raise Invalid(
            f"WANLLMDB_ADMIN_EMAIL and WANLLMDB_ADMIN_PASSWORD cannot be used: {reasons}",
            fields=error.fields,
        ) from None


def _username_from(email: str) -> str:
    name = (
        re.sub(r"[^a-z0-9_-]+", "-", email.partition("@")[0].lower()).strip("-_")[:63].strip("-_")
    )
    return name if name and name not in RESERVED_SLUGS else "administrator"


def is_taken(slug: str) -> bool:
    """Tell whether people and orgs, which share their names, can't have this one."""
    if slug in RESERVED_SLUGS or Org.objects.filter(slug=slug).exists():
        return True
    return User.objects.filter(username=slug).exists()  # A service account has no org of its name.


def _user_problems(user: User) -> dict[str, list[str]]:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        # The one constraint over the whole row is that of the e-mail.
        return {
            ("email" if field == "__all__" else field): messages
            for field, messages in error.message_dict.items()
        }
    return {}


def _password_problems(user: User, password: str) -> dict[str, list[str]]:
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        return {"password": list(error.messages)}
    return {}


def prune_sign_ins() -> None:
    """Delete the sessions, tokens and counts of failures that have expired: nobody can use them, and they only grow."""
    Session.objects.filter(expire_date__lt=clock.now()).delete()
    OutstandingToken.objects.filter(expires_at__lt=clock.now()).delete()
    AccessAttempt.objects.filter(attempt_time__lt=clock.now() - settings.AXES_COOLOFF_TIME).delete()


def find_personal_org(user: User) -> Org | None:
    """Return the user's own org."""
    return Org.objects.filter(is_personal=True, slug=user.username).first()
