"""Organisations and who belongs to them, in the admin. What changes rights goes through the services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.orgs import services
from apps.orgs.models import Membership, Org


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """Who belongs to an organisation, and as what."""

    model = Membership
    autocomplete_fields = ("user",)
    extra = 0
    readonly_fields = ("created_at",)


@admin.register(Org)
class OrgAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Organisations and their members."""

    inlines = [MembershipInline]
    list_display = ("slug", "name", "is_personal", "member_count", "created_at")
    list_filter = ("is_personal", "created_at")
    search_fields = ("slug", "name")
    readonly_fields = ("parent", "owner", "is_personal", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Org]:
        """Count the members in the same query."""
        orgs: QuerySet[Org] = super().get_queryset(request)
        return orgs.annotate(members=Count("memberships"))

    @admin.display(description=gettext_lazy("members"), ordering="members")
    def member_count(self, org: Org) -> int:
        """Return how many members an organisation has."""
        return int(org.members)  # type: ignore[attr-defined]  # annotated by get_queryset

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the slug, which is in people's scripts."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting would take projects, runs and metrics along, with no way back."""
        return False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save members through the services, which make sockets and caches look again."""
        saved = formset.save(commit=False)
        for membership in formset.deleted_objects:
            services.remove_member(org=membership.org, user=membership.user)
        for membership in saved:
            services.set_role(org=membership.org, user=membership.user, role=membership.role_id)
        formset.save_m2m()
