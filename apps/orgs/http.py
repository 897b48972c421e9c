"""Typed access to what the middleware puts on a request."""

from django.conf import settings
from django.http import HttpRequest

from apps.core.errors import Unauthenticated
from apps.orgs.actor import Actor
from apps.orgs.models import User


class PageRequest(HttpRequest):
    """A page's request: who asks is on it."""

    actor: Actor


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks for a page."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # the middleware puts it there
    return actor


def signed_in_user(request: HttpRequest) -> User:
    """Return the signed-in person; raise Unauthenticated, which leads to the sign-in page."""
    if not isinstance(request.user, User):
        raise Unauthenticated("Sign in to see this page.")
    return request.user


def address_of(request: HttpRequest, path: str) -> str:
    """Return the whole address of a path of this installation, to pass on."""
    base = settings.BASE_URL
    return f"{base.rstrip('/')}{path}" if base else request.build_absolute_uri(path)
