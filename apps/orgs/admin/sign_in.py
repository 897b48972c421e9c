"""Failed sign-ins in the admin: who is kept waiting, and letting them try again."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.core import clock
from apps.orgs.admin.people import AdministratorsOnly
from apps.orgs.guessing import wait_after


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
