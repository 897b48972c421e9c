"""Typed access to what the middleware puts on a request."""

from django.http import HttpRequest

from apps.core.errors import Unauthenticated
from apps.orgs.actor import Actor
from apps.orgs.models import User


class PageRequest(HttpRequest):
    """A page's request: who asks is on it."""

    actor: Actor


def signed_in_user(request: HttpRequest) -> User:
    """Return the signed-in person; raise Unauthenticated, which leads to the sign-in page."""
    if not isinstance(request.user, User):
        raise Unauthenticated("Sign in to see this page.")
    return request.user
