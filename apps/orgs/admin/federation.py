"""Accounts elsewhere that open those here, and groups, in the admin. Issuers are set by variables, not here."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.orgs.admin.people import AdministratorsOnly
from apps.orgs.federation import groups
from apps.orgs.models import DirectoryGroup, GroupMapping

admin.site.unregister([SocialAccount, SocialApp, SocialToken])


@admin.register(SocialAccount)
class LinkAdmin(AdministratorsOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Links: found by person or by what the source calls them, ended by deleting."""

    list_display = ("user", "provider", "uid", "last_login", "date_joined")
    list_filter = ("provider", "last_login", "date_joined")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email", "uid")
    fields = readonly_fields = ("user", "provider", "uid", "last_login", "date_joined")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A link is made by signing in, which proves that both accounts are one person's."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(GroupMapping)
class GroupMappingAdmin(AdministratorsOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """What groups give: changes reach whoever is known to be in the group at once."""

    list_display = ("group", "source", "org", "role", "team", "created_at")
    list_filter = ("source", "created_at")
    list_select_related = ("org", "role", "team__org")
    search_fields = ("group", "org__slug")
    autocomplete_fields = ("org",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def save_model(self, request: HttpRequest, obj: GroupMapping, form: Any, change: bool) -> None:
        """Save, and give and take what follows."""
        groups.save_mapping(obj, was=form.initial.get("group", ""))

    def delete_model(self, request: HttpRequest, obj: GroupMapping) -> None:
        """Delete, and take back what only this gave."""
        groups.delete_mapping(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[GroupMapping]) -> None:
        """Delete the chosen ones, each as if alone."""
        for mapping in queryset:
            groups.delete_mapping(mapping)


@admin.register(DirectoryGroup)
class DirectoryGroupAdmin(AdministratorsOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """The groups that sources have named, and who is in them, to look at."""

    list_display = ("name", "source", "members_count", "updated_at")
    list_filter = ("source", "updated_at")
    search_fields = ("name", "members__username")
    fields = readonly_fields = ("source", "name", "members", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DirectoryGroup]:
        """Count the members in the same query."""
        found: QuerySet[DirectoryGroup] = super().get_queryset(request)
        return found.annotate(people=Count("members"))

    @admin.display(description=gettext_lazy("members"), ordering="people")
    def members_count(self, group: DirectoryGroup) -> int:
        """Return how many people are in a group."""
        return int(group.people)  # type: ignore[attr-defined]  # annotated by get_queryset

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Groups come from where people sign in."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
