"""What every page's template knows."""

from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from apps.orgs.models import User
from wanllmdb import sdk_wheel


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Return the installation's address and version, and the visitor's theme."""
    user = getattr(request, "user", None)
    theme = user.theme if isinstance(user, User) else request.COOKIES.get("theme", "")
    return {
        "server_url": settings.BASE_URL or _address_of(request),
        "server_version": settings.VERSION,
        "sdk_wheel": sdk_wheel.current().name,
        "theme": theme if theme in User.Theme.values else User.Theme.SYSTEM,
        "signup_open": settings.SIGNUP_OPEN,
        "sign_in_sources": settings.SIGN_IN_SOURCES.values(),
        "password_sign_in": settings.PASSWORD_SIGN_IN,
    }


def _address_of(request: HttpRequest) -> str:
    """Return the address that the visitor used; nothing where it is not ours, on the page that says so."""
    try:
        return f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return ""
