"""The limits of organisations, in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.core.admin import ModelAdmin
from apps.orgs import services
from apps.orgs.models import OrgQuota


@admin.register(OrgQuota)
class OrgQuotaAdmin(ModelAdmin):
    """What organisations may hold."""

    list_display = ("org", "storage_bytes", "runs", "points", "seats", "changed_at")
    list_select_related = ("org",)
    search_fields = ("org__slug", "org__name")
    autocomplete_fields = ("org",)

    def save_model(self, request: HttpRequest, obj: OrgQuota, form: Any, change: bool) -> None:
        """Save through the service."""
        services.set_org_quota(org=obj.org, **obj.amounts())
