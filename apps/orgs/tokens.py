"""Access and refresh tokens (JWT): short-lived proofs that somebody signed in with their password.

A refresh token works once: it is exchanged for a new pair. Both kinds end at once when the person is
deactivated or changes the password, since they carry a fingerprint of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from apps.core.errors import Unauthenticated
from apps.orgs.models import User

USER_CLAIM = "user_id"
# A keyed hash of the password's hash, as Django puts it into sessions.
FINGERPRINT_CLAIM = "fingerprint"


@dataclass(frozen=True)
class TokenPair:
    """What signing in by REST gives."""

    access: str
    refresh: str


def issue(user: User) -> TokenPair:
    """Make a pair for a person whose credentials were just checked."""
    refresh = RefreshToken()
    refresh[USER_CLAIM] = str(user.pk)
    refresh[FINGERPRINT_CLAIM] = user.get_session_auth_hash()
    return TokenPair(str(refresh.access_token), str(refresh))


def rotate(refresh: str) -> TokenPair:
    """Exchange a refresh token for a new pair; raise Unauthenticated when it was used before or is not good."""
    token = _read_refresh(refresh)
    user = _user_of(token)
    if not _end(token):  # Another request with the same token was quicker.
        raise _refusal()
    return issue(user)


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
    try:
        return RefreshToken(cast("Any", refresh))
    except TokenError:
        raise _refusal() from None


def _end(token: RefreshToken) -> bool:
    """Put a token on the list of the useless; tell whether it was not there before."""
    # Typed as the row, but it is what get_or_create returns. The row's unique key decides races.
    _row, is_new = cast("tuple[Any, bool]", token.blacklist())
    return is_new


def _user_of(token: Token) -> User:
    user_id = str(token.get(USER_CLAIM) or "")
    # Not every digit of Unicode is one of a number.
    is_number = user_id.isascii() and user_id.isdigit()
    user = User.objects.filter(pk=user_id, is_active=True).first() if is_number else None
    fingerprint = str(token.get(FINGERPRINT_CLAIM) or "")
    if user is None or not constant_time_compare(fingerprint, user.get_session_auth_hash()):
        raise _refusal()
    return user


def _refusal() -> Unauthenticated:
    return Unauthenticated(
        _("This token is not valid: it is wrong, used, expired or ended. Sign in again."),
        code="token_not_valid",
    )
