"""Signing in, in the admin: who is kept waiting for wrong passwords, second factors and sessions."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.core import clock
from apps.orgs import sessions
from apps.orgs.admin.people import AdministratorsOnly
from apps.orgs.guessing import wait_after
from apps.orgs.models import User

# allauth's own show secrets, and let them be written.
admin.site.unregister([Authenticator, UserSession])


@admin.register(AccessAttempt)
class AccessAttemptAdmin(AdministratorsOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Wrong passwords for one name from one address. Nothing of what was sent is kept."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time", "is_waiting")
    list_filter = ("attempt_time",)
    search_fields = ("username", "ip_address")
    fields = readonly_fields = (
        "username",
        "ip_address",
        "failures_since_start",
        "attempt_time",
        "path_info",
    )
    actions = ["let_try_again"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Failures are counted, not written."""
        return False

    @admin.display(description=gettext_lazy("has to wait"), boolean=True)
    def is_waiting(self, attempt: AccessAttempt) -> bool:
        """Tell whether this name is refused from this address now."""
        failures = attempt.failures_since_start
        is_many = failures >= settings.AXES_FAILURE_LIMIT
        return is_many and bool(clock.now() < attempt.attempt_time + wait_after(failures))

    @admin.action(description=gettext_lazy("Let them try again at once"), permissions=["change"])
    def let_try_again(self, request: HttpRequest, attempts: QuerySet[AccessAttempt]) -> None:
        """Forget the chosen failures."""
        attempts.delete()


class FactsOnly(AdministratorsOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """What people have set up themselves: looked at, and taken away by an action."""

    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only the person has what it takes."""
        return False


@admin.register(Authenticator)
class AuthenticatorAdmin(FactsOnly):
    """Second factors, without their secrets."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type", "created_at", "last_used_at")
    search_fields = ("user__username", "user__email")
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")
    actions = ["remove_all_of_person"]

    @admin.action(
        description=gettext_lazy("Remove all second factors of these people"),
        permissions=["change"],
    )
    def remove_all_of_person(self, request: HttpRequest, rows: QuerySet[Authenticator]) -> None:
        """Let those in by their password alone who lost the rest."""
        Authenticator.objects.filter(user__in=set(rows.values_list("user", flat=True))).delete()


@admin.register(UserSession)
class UserSessionAdmin(FactsOnly):
    """The browsers that people are signed in with."""

    list_display = ("user", "ip", "browser", "created_at", "last_seen_at")
    list_filter = ("created_at", "last_seen_at")
    search_fields = ("user__username", "user__email", "ip")
    fields = readonly_fields = ("user", "ip", "user_agent", "created_at", "last_seen_at")
    actions = ["sign_out"]

    @admin.display(description=gettext_lazy("browser"))
    def browser(self, session: UserSession) -> str:
        """Return the browser and system in words."""
        return sessions.browser_of(session.user_agent)

    @admin.action(description=gettext_lazy("Sign out"), permissions=["change"])
    def sign_out(self, request: HttpRequest, rows: QuerySet[UserSession]) -> None:
        """End the chosen sessions."""
        for user in User.objects.filter(pk__in=set(rows.values_list("user", flat=True))):
            sessions.end(user=user, sessions=list(rows.filter(user=user)))
