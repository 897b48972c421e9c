"""Signing in by a password that is kept here."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest

from apps.orgs.models import User


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Checks passwords; only those of administrators where `WANLLMDB_PASSWORD_SIGN_IN` is false."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """Return the person of these credentials. Others take as long, so that nobody learns who administrates."""
        user = super().authenticate(request, **credentials)
        if isinstance(user, User) and (settings.PASSWORD_SIGN_IN or user.is_superuser):
            return user
        return None
