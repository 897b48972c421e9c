"""Signing in and out, and new passwords, as allauth and Django's own signals tell of them."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from django.contrib.auth import signals as auth
from django.http import HttpRequest

from apps.audit import floods, services
from apps.orgs.actor import Actor
from apps.orgs.models import User


def _signed_in(user: User, request: HttpRequest | None = None, **signal: Any) -> None:
    services.record("sign_in", user, actor=Actor.for_user(user))


def _signed_out(user: User | None, **signal: Any) -> None:
    if user is not None:
        services.record("sign_out", user, actor=Actor.for_user(user))


def _failed(credentials: dict[str, Any], **signal: Any) -> None:
    """Record the name that was tried, never the password."""
    tried = str(
        credentials.get("username") or credentials.get("email") or credentials.get("login") or ""
    )
    if floods.is_worth_recording("sign_in_failed"):
        services.record("sign_in_failed", name=tried)


def _new_password(user: User, **signal: Any) -> None:
    services.record("user.password_change", user, actor=Actor.for_user(user))


def connect() -> None:
    """Hear of them."""
    auth.user_logged_in.connect(_signed_in, dispatch_uid="audit")
    auth.user_logged_out.connect(_signed_out, dispatch_uid="audit")
    auth.user_login_failed.connect(_failed, dispatch_uid="audit")
    for signal in (account.password_changed, account.password_set, account.password_reset):
        signal.connect(_new_password, dispatch_uid="audit")
