"""Access and refresh tokens (JWT): short-lived proofs that somebody signed in with their password.

A refresh token works once: it is exchanged for a new pair. Sent a second time, it is known to two who cannot both
be its owner, so all that came of the same sign-in can be exchanged no more. Both kinds end at once when the person
is deactivated or changes the password, since they carry a fingerprint of it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, cast

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from apps.core import clock
from apps.core.errors import Unauthenticated
from apps.orgs import two_factor
from apps.orgs.models import User

USER_CLAIM = "user_id"
# A keyed hash of the password's hash, as Django puts it into sessions.
FINGERPRINT_CLAIM = "fingerprint"
# The sign-in that a refresh token goes back to, through however many exchanges.
FAMILY_CLAIM = "family"


@dataclass(frozen=True)
class TokenPair:
    """What signing in by REST gives."""

    access: str
    refresh: str


def issue(user: User, family: str | None = None) -> TokenPair:
    """Make a pair for a person whose credentials were just checked, or who exchanges a pair of this family.

    Raises Forbidden where they have yet to set up a second factor.
    """
    _ask_for_second_factor(user)
    refresh = RefreshToken()
    refresh[USER_CLAIM] = str(user.pk)
    refresh[FINGERPRINT_CLAIM] = user.get_session_auth_hash()
    access = refresh.access_token
    refresh[FAMILY_CLAIM] = family or uuid.uuid4().hex
    return TokenPair(str(access), str(refresh))


def rotate(refresh: str) -> TokenPair:
    """Exchange a refresh token for a new pair; raise Unauthenticated when it was used before or is not good."""
    token = _read_refresh(refresh)
    family = str(token.get(FAMILY_CLAIM) or "")
    user = _user_of(token)
    if not family or _is_ended(family):
        raise _refusal()
    if not _end(token):
        _end_family(family)
        raise _refusal()
    return issue(user, family)


def end(refresh: str) -> None:
    """Make a refresh token useless. One that is useless already is no error, so a client may repeat it."""
    try:
        _end(RefreshToken(cast("Any", refresh)))
    except TokenError:
        return


def user_of(access: str) -> User:
    """Return the person whom an access token stands for; raise Unauthenticated when it is not good."""
    try:
        token = AccessToken(cast("Any", access))  # The stub wants a Token, the class takes text.
    except TokenError:
        raise _refusal() from None
    return _user_of(token)


def _read_refresh(refresh: str) -> RefreshToken:
    """Return a refresh token that we signed and that has not run out, used or not."""
    try:
        return _Refresh(cast("Any", refresh))
    except TokenError:
        raise _refusal() from None


class _Refresh(RefreshToken):
    """A refresh token whose use is looked at when it is exchanged, not when it is read."""

    def check_blacklist(self) -> None:
        """Leave it to `rotate`, which must know of a second use."""


def _end(token: RefreshToken) -> bool:
    """Put a token on the list of the useless; tell whether it was not there before."""
    # Typed as the row, but it is what get_or_create returns. The row's unique key decides races.
    _row, is_new = cast("tuple[Any, bool]", token.blacklist())
    return is_new


def _is_ended(family: str) -> bool:
    return BlacklistedToken.objects.filter(token__jti=family).exists()


def _end_family(family: str) -> None:
    """Make all refresh tokens of a sign-in useless: it goes on the list under its own name.

    It may come off when the last token that it can have made has run out.
    """
    facts = {"token": "", "expires_at": clock.now() + RefreshToken.lifetime}  # nosec B105
    entry, _is_new = OutstandingToken.objects.get_or_create(jti=family, defaults=facts)
    BlacklistedToken.objects.get_or_create(token=entry)


def _user_of(token: Token) -> User:
    user_id = str(token.get(USER_CLAIM) or "")
    # Not every digit of Unicode is one of a number.
    is_number = user_id.isascii() and user_id.isdigit()
    user = User.objects.filter(pk=user_id, is_active=True).first() if is_number else None
    fingerprint = str(token.get(FINGERPRINT_CLAIM) or "")
    if user is None or not constant_time_compare(fingerprint, user.get_session_auth_hash()):
        raise _refusal()
    _ask_for_second_factor(user)
    return user


def _ask_for_second_factor(user: User) -> None:
    if two_factor.is_required_of(user) and not two_factor.is_on(user):
        raise two_factor.missing()


def _refusal() -> Unauthenticated:
    return Unauthenticated(
        _("This token is not valid: it is wrong, used, expired or ended. Sign in again."),
        code="token_not_valid",
    )
