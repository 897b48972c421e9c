"""From a request's credentials to one `Actor`; the same functions serve REST, the stream route and the doors."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from apps.core import clock
from apps.core.errors import Unauthenticated
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.models import ApiKey, User

LAST_USED_STEP = timedelta(minutes=1)


def actor_from_header(header: str) -> Actor | None:
    """Read an `Authorization` header; None when there is none, Unauthenticated when it isn't good.

    `Bearer KEY`, `Basic base64(anything:KEY)` with an API key, or `Bearer JWT`.
    """
    if not header:
        return None
    credential = read_credential(header)
    if is_key(credential):
        return actor_from_key(credential)
    return actor_from_token(credential)


def read_credential(header: str) -> str:
    """Return the key or token in an `Authorization` header."""
    kind, _, value = header.strip().partition(" ")
    value = value.strip()
    if kind.lower() == "bearer" and value:
        return value
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            pass
    raise Unauthenticated("The Authorization header is not one of: Bearer KEY, Basic api:KEY.")


def is_key(credential: str) -> bool:
    """Tell an API key from a token by its form."""
    return "." not in credential


def actor_from_key(secret: str) -> Actor:
    """Return the actor of a usable API key; raise Unauthenticated otherwise."""
    key = ApiKey.objects.find(secret)
    if key is None:
        raise Unauthenticated(
            "This API key is not valid: it is wrong, expired or revoked. Make a new one under Settings, API keys."
        )
    _note_use(key)
    return Actor.for_user(key.user, key.cap, key.pk)


def _note_use(key: ApiKey) -> None:
    """Remember that a key is in use, at most once a minute, so that reading stays reading."""
    now = clock.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def actor_from_token(token: str) -> Actor:
    """Return the actor of a valid access token (JWT); raise Unauthenticated otherwise."""
    try:
        user_id = AccessToken(token)["user_id"]  # type: ignore[arg-type]  # the stub wants a Token, the class takes text
    except (TokenError, KeyError):
        user_id = None
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None:
        raise Unauthenticated(
            "This token is not valid or has expired. Sign in again or refresh it."
        )
    return Actor.for_user(user)


def actor_from_session(request: HttpRequest) -> Actor:
    """Return the actor of a page's request."""
    user = request.user
    return Actor.for_user(user) if isinstance(user, User) and user.is_active else ANONYMOUS


class ApiKeyAuthentication(BaseAuthentication):
    """API keys and access tokens in the `Authorization` header, for REST."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        actor = actor_from_header(request.headers.get("Authorization", ""))
        if actor is None:
            return None
        return _identity(request, actor)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class BrowserAuthentication(SessionAuthentication):
    """The browser's session, always with the CSRF check."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        authenticated = super().authenticate(request)
        if authenticated is None:
            request._request.actor = ANONYMOUS  # type: ignore[attr-defined]  # set for views by the middleware's name
            return None
        return _identity(request, Actor.for_user(authenticated[0]))


def _identity(request: Request, actor: Actor) -> tuple[Any, Any]:
    request._request.actor = actor  # type: ignore[attr-defined]  # DRF's request forwards reads to it
    user = User.objects.get(pk=actor.user_id) if actor.user_id else AnonymousUser()
    return user, actor
