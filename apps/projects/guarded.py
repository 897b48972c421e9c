"""Permissions on single objects in the admin: guardian's pages, for what sharing gives and nothing else."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from guardian.admin import (
    AdminGroupObjectPermissionsForm,
    AdminUserObjectPermissionsForm,
    GuardedModelAdminMixin,
)

from apps.core.admin import ModelAdmin
from apps.orgs.models import User
from apps.projects.sharing import announce


class OfferedPermissions:
    """A form that offers the permissions which the model names by itself, not Django's own of its tables."""

    obj: Any

    def get_obj_perms_field_choices(self) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(codename, str(name)) for codename, name in self.obj._meta.permissions]


class PersonForm(OfferedPermissions, AdminUserObjectPermissionsForm):
    """What a person is given on one object."""


class TeamForm(OfferedPermissions, AdminGroupObjectPermissionsForm):
    """What a team is given on one object."""


class GuardedAdmin(GuardedModelAdminMixin, ModelAdmin):  # type: ignore[misc]  # guardian is untyped
    """An admin whose objects have a page of the permissions given on them. Whoever is concerned is told."""

    def get_obj_perms_manage_user_form(self, request: HttpRequest) -> type[PersonForm]:
        """Return the form for a person."""
        return PersonForm

    def get_obj_perms_manage_group_form(self, request: HttpRequest) -> type[TeamForm]:
        """Return the form for a team."""
        return TeamForm

    @transaction.atomic
    def obj_perms_manage_user_view(
        self, request: HttpRequest, object_pk: str, user_id: str
    ) -> HttpResponse:
        """Show and change what a person is given on an object."""
        show: Any = super().obj_perms_manage_user_view  # untyped
        response: HttpResponse = show(request, object_pk, user_id)
        if request.method == "POST":
            announce(User.objects.get(pk=user_id))
        return response

    @transaction.atomic
    def obj_perms_manage_group_view(
        self, request: HttpRequest, object_pk: str, group_id: str
    ) -> HttpResponse:
        """Show and change what a team is given on an object."""
        show: Any = super().obj_perms_manage_group_view  # untyped
        response: HttpResponse = show(request, object_pk, group_id)
        if request.method == "POST":
            announce(Group.objects.get(pk=group_id))
        return response
