"""From what a source says of somebody to the person here: found, linked or made. The one way for every source."""

from __future__ import annotations

import re
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid
from apps.core.text import is_storable
from apps.orgs import services
from apps.orgs.federation import groups
from apps.orgs.models import ApiKey, User

MAX_USERNAME = 63
FALLBACK_USERNAME = "person"


@dataclass(frozen=True)
class Identity:
    """What a source says of somebody.

    `email` is empty unless the source has verified it: an address that is only claimed opens nothing here and is
    not kept. `groups` is None where the source says nothing about groups.
    """

    source: str
    uid: str
    username: str = ""
    name: str = ""
    email: str = ""
    groups: frozenset[str] | None = None
    may_be_made: bool = True

    @property
    def facts(self) -> dict[str, str]:
        """What is kept of it, to show which account is linked."""
        return {"name": self.username or self.name, "email": self.email}


@transaction.atomic
def admit(identity: Identity) -> User:
    """Return the person whom an identity stands for, linked or made if the rules allow it.

    Raises Forbidden with the sentence to show where they don't.
    """
    account = (
        SocialAccount.objects.select_related("user")
        .filter(provider=identity.source, uid=identity.uid)
        .first()
    )
    if account is None:
        user = _of_same_email(identity) or _made(identity)
        account = SocialAccount(provider=identity.source, uid=identity.uid, user=user)
    account.extra_data = identity.facts
    account.save()  # Which notes the time, too.
    person: User = account.user
    if identity.groups is not None:
        groups.note_groups(user=person, source=identity.source, names=identity.groups)
    return person


def _of_same_email(identity: Identity) -> User | None:
    """Return the person of the same e-mail whose account may be linked without asking; None if nobody has it.

    Both sides must have proved the address: whoever gave themselves somebody else's here would otherwise wait for
    them to walk in. Administrators are never linked this way.
    """
    user = User.objects.filter(email=identity.email).first() if identity.email else None
    if user is None:
        return None
    is_proved = EmailAddress.objects.filter(user=user, email=identity.email, verified=True).exists()
    if user.is_superuser or user.is_service or not (is_proved or settings.SIGN_IN_LINKS_BY_EMAIL):
        raise Forbidden(_advice(identity) % {"email": identity.email}, code="account_exists")
    if not is_proved:
        _end_other_ways_in(user)
        EmailAddress.objects.update_or_create(
            user=user, email=identity.email, defaults={"verified": True, "primary": True}
        )
        services.announce_access_changed(user.pk)
    return user


def _end_other_ways_in(user: User) -> None:
    """End the password, keys and links of an account: they may be those of somebody who only said that the address
    was theirs."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
    for key in ApiKey.objects.usable().filter(user=user):
        services.revoke_api_key(key=key)
    SocialAccount.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()


def _advice(identity: Identity) -> str:
    known = settings.SIGN_IN_SOURCES.get(identity.source)
    if known is not None and not known.is_linkable:
        return _(
            "An account with the e-mail %(email)s exists here, and it may be somebody else's. Ask an administrator of"
            " this server."
        )
    return _(
        "An account with the e-mail %(email)s exists here. Sign in to it first, then link the two under Settings,"
        " Linked accounts."
    )


def _made(identity: Identity) -> User:
    if not (settings.SIGN_IN_CREATES_ACCOUNTS and identity.may_be_made):
        raise Forbidden(
            _("You have no account here yet. Ask an administrator of this server for one."),
            code="account_not_found",
        )
    try:
        user = services.create_user(
            username=free_username(identity.username or identity.email or identity.name),
            email=identity.email,
            name=_short_line(identity.name),
        )
    except Invalid as error:
        reasons = " ".join(message for found in error.fields.values() for message in found)
        raise Forbidden(f"{error.message} {reasons}", code="account_not_made") from None
    if identity.email:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _short_line(name: str) -> str:
    """Return a name that can be kept: foreign directories hold line ends and worse."""
    line = " ".join(name.split())[:150]
    return line if is_storable(line) and line.isprintable() else ""


def free_username(wish: str) -> str:
    """Return a username that nobody has, as close to the wish as can be."""
    letters = re.sub(r"[^a-z0-9_-]+", "-", wish.partition("@")[0].lower())
    root = letters.strip("-_")[: MAX_USERNAME - 4].strip("-_") or FALLBACK_USERNAME
    name, number = root, 1
    while services.is_taken(name):
        number += 1
        name = f"{root}-{number}"
    return name
