"""Making people wait who try out passwords: django-axes with our own rule of how long.

Counted are failures for one name from one address, whatever door they came through, in the database that all
processes share. The fifth makes that name wait there for a minute, each one after it for twice as long, up to an
hour; a refused attempt counts for nothing, so that nobody is kept waiting for ever, and from another address the
name is as open as before. Names that nobody has are counted alike.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from apps.core.throttles import network_of
from apps.orgs.models import User

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
MAX_NAME = 255


def address_of(request: HttpRequest) -> str | None:
    """Return the address a request came from, or its network: a customer of IPv6 has more than can be counted.

    The proxy's word for it is taken only where WANLLMDB_BEHIND_PROXY is set.
    """
    try:
        address = get_adapter(request).get_client_ip(request)
    except PermissionDenied:  # None at all, as from a test or a socket file.
        return None
    return network_of(address)


def name_of(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name that a sign-in was tried for, as it was given: a username or an e-mail address."""
    given = credentials or {}
    return str(given.get("username") or given.get("email") or "").lower()[:MAX_NAME]


def must_wait(request: HttpRequest, credentials: dict[str, Any]) -> bool:
    """Tell whether too many passwords were tried for this name from this address; tell listeners if so."""
    if AxesProxyHandler.is_allowed(request, credentials):
        return False
    address = request.axes_ip_address  # type: ignore[attr-defined]  # axes puts it there
    name = name_of(request, credentials)
    user_locked_out.send("axes", request=request, username=name, ip_address=address)
    return True


def forget(request: HttpRequest, user: User) -> None:
    """Count no longer what somebody got wrong before they signed in."""
    names = [name for name in (user.username, user.email) if name]
    AccessAttempt.objects.filter(username__in=names, ip_address=address_of(request)).delete()


def wait_after(failures: int) -> timedelta:
    """Return how long a name waits after its last failure, if it has reached the limit."""
    doublings = min(failures - settings.AXES_FAILURE_LIMIT, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


class FailureCount(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Keeps a number for each name and address, and nothing of what was sent: that may be a password."""

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        """Tell whether the wait after the last failure is not over yet."""
        (attempts,) = self.get_user_attempts(request, credentials)
        attempt = attempts.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT).first()
        if attempt is None:
            return False
        wait = wait_after(attempt.failures_since_start)
        return bool(request.axes_attempt_time < attempt.attempt_time + wait)

    def user_login_failed(
        self, sender: object, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        """Count a failure, unless it was refused without a look at the password."""
        if request is None or request.axes_locked_out:
            return
        # No browser in the key: who changes its name is still the same.
        key = {
            "username": name_of(request, credentials),
            "ip_address": request.axes_ip_address,
            "user_agent": "",
        }
        facts = {"path_info": request.axes_path_info, "failures_since_start": 1}
        with transaction.atomic():
            attempt, is_first = AccessAttempt.objects.get_or_create(**key, defaults=facts)
            if not is_first:
                AccessAttempt.objects.filter(pk=attempt.pk).update(
                    failures_since_start=F("failures_since_start") + 1,
                    attempt_time=request.axes_attempt_time,
                    path_info=request.axes_path_info,
                )

    def user_logged_in(self, sender: object, request: Any, user: Any, **kwargs: Any) -> None:
        """Leave it to the door that checked the password: one that asks for a second factor is not open yet."""

    def user_logged_out(self, sender: object, request: Any, user: Any, **kwargs: Any) -> None:
        """Signing out counts for nothing."""
