"""Accounts elsewhere that open those here, in the admin. What is asked of issuers is set by variables, not here."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.http import HttpRequest

from apps.orgs.admin.people import AdministratorsOnly

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
