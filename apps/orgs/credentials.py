"""Checking a password, for the doors that are no page."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.errors import RateLimited, Unauthenticated
from apps.orgs.models import User


def check(request: HttpRequest, *, username: str, password: str) -> User:
    """Return the active person of this username or e-mail and password.

    Raises Unauthenticated for a wrong one, saying the same whether or not there is such a person (and taking
    as long), and RateLimited after too many: failures count together with those of the sign-in page.
    """
    # No username has an @.
    credentials = {"email" if "@" in username else "username": username, "password": password}
    try:
        user = get_adapter(request).authenticate(request, **credentials)
    except ValidationError:
        raise RateLimited(_("Too many failed attempts. Try again later.")) from None
    if not isinstance(user, User) or not user.is_active:
        raise Unauthenticated(_("The username or the password is wrong."), code="wrong_credentials")
    return user
