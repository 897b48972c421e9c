"""From a request's credentials to one `Actor`; the same functions serve REST, the stream route and the doors."""

from __future__ import annotations

import base64
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from apps.core import clock
from apps.core.errors import Unauthenticated
from apps.orgs import tokens, two_factor
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.models import ApiKey, User

LAST_USED_STEP = timedelta(minutes=1)


def actor_from_header(header: str) -> Actor | None:
    """Read an `Authorization` header; None when there is none, Unauthenticated when it isn't good.

    `Bearer KEY`, `Basic base64(anything:KEY)` with an API key, or `Bearer JWT`.
    """
    identity = _identify(header)
    return None if identity is None else identity[1]


def _identify(header: str) -> tuple[User, Actor] | None:
    if not header:
        return None
    credential = read_credential(header)
    if is_key(credential):
        key = _find_key(credential)
        return key.user, Actor.for_key(key)
    user = tokens.user_of(credential)
    return user, Actor.for_user(user)


def read_credential(header: str) -> str:
    """Return the key or token in an `Authorization` header."""
    kind, _space, value = header.strip().partition(" ")
    value = value.strip()
    if kind.lower() == "bearer" and value:
        return value
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except ValueError:  # Not base64, or not text in it.
            pass
    raise Unauthenticated(
        _("The Authorization header is not one of: Bearer KEY, Basic api:KEY (in base64).")
    )


def is_key(credential: str) -> bool:
    """Tell an API key from a token by its form."""
    return "." not in credential


def actor_from_key(secret: str) -> Actor:
    """Return the actor of a usable API key; raise Unauthenticated otherwise."""
    key = _find_key(secret)
    return Actor.for_key(key)


def _find_key(secret: str) -> ApiKey:
    key = ApiKey.objects.find(secret)
    if key is None:
        raise Unauthenticated(
            _(
                "This API key is not valid: it is wrong, expired or revoked. Make a new one under Settings, API keys."
            ),
            code="key_not_valid",
        )
    _note_use(key)
    return key


def _note_use(key: ApiKey) -> None:
    """Remember that a key is in use, at most once a minute, so that reading stays reading."""
    now = clock.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def actor_from_token(token: str) -> Actor:
    """Return the actor of a valid access token (JWT); raise Unauthenticated otherwise."""
    return Actor.for_user(tokens.user_of(token))


def actor_from_session(request: HttpRequest) -> Actor:
    """Return the actor of a page's request."""
    user = request.user
    return Actor.for_user(user) if isinstance(user, User) and user.is_active else ANONYMOUS


def actor_from_session_key(session_key: str | None) -> Actor:
    """Return the actor whom a browser's session stands for now, for sockets, which outlive one request.

    Anonymous once they have signed out, been deactivated or changed the password elsewhere.
    """
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = auth.get_user(request)
    if not isinstance(user, User) or two_factor.must_set_up(request, user):
        return ANONYMOUS
    return Actor.for_user(user)


class ApiKeyAuthentication(BaseAuthentication):
    """API keys and access tokens in the `Authorization` header, for REST."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the person and the actor; None without the header."""
        identity = _identify(request.headers.get("Authorization", ""))
        if identity is not None:
            request._request.actor = identity[1]  # type: ignore[attr-defined]  # as the middleware does for pages
        return identity

    def authenticate_header(self, request: Request) -> str:
        """Name what a 401 asks for."""
        return 'Bearer realm="api"'


class BrowserAuthentication(SessionAuthentication):
    """The browser's session, always with the CSRF check."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the person and the actor; None when nobody is signed in."""
        authenticated = super().authenticate(request)
        if authenticated is None:
            request._request.actor = ANONYMOUS  # type: ignore[attr-defined]  # as the middleware does for pages
            return None
        if two_factor.must_set_up(request._request, authenticated[0]):
            raise two_factor.missing()
        actor = Actor.for_user(authenticated[0])
        request._request.actor = actor  # type: ignore[attr-defined]  # as the middleware does for pages
        return authenticated[0], actor
