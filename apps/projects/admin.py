"""Projects in the admin, those in the trash too."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.core import formats
from apps.core.admin import ModelAdmin, ReadOnlyAdmin
from apps.core.errors import AppError
from apps.projects import quotas, services
from apps.projects.guarded import GuardedAdmin
from apps.projects.models import OrgUsage, Project, ProjectGrant, ProjectQuota, ProjectUsage
from apps.projects.sharing import announce

FACTS = ("tags", "created_by", "created_at", "updated_at", "deleted_at")


class InTrash(admin.SimpleListFilter):
    """Projects by whether they are in the trash."""

    title = gettext_lazy("trash")
    parameter_name = "trash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("no", gettext_lazy("Not in the trash")), ("yes", gettext_lazy("In the trash"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> QuerySet[Project]:
        """Keep the projects of the chosen state."""
        if self.value() is None:
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "no")


class GrantInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """Roles on a project."""

    model = ProjectGrant
    extra = 0
    fields = ("user", "team", "role", "created_by", "created_at")
    readonly_fields = ("created_by", "created_at")
    raw_id_fields = ("user", "team")


@admin.register(Project)
class ProjectAdmin(GuardedAdmin):
    """Projects: found by name, moved to the trash and back by an action, with what people and teams hold on them."""

    list_display = ("__str__", "name", "visibility", "last_run_number", "updated_at", "deleted_at")
    list_filter = ("visibility", InTrash, "created_at")
    list_select_related = ("org",)
    search_fields = ("slug", "name", "description", "org__slug")
    fields = ("org", "slug", "name", "description", "visibility", *FACTS)
    readonly_fields = ("org", *FACTS)
    inlines = (GrantInline,)
    actions = ("delete_projects", "restore_projects")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Projects are made on their page or by a script."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting for good would take runs and metrics along; the trash keeps them."""
        return False

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        """Save through the service, which closes sockets where a project is no longer public."""
        changes = {field: form.cleaned_data[field] for field in form.changed_data}
        services.update_project(project=Project.objects.get(pk=obj.pk), **changes)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the roles as given by whoever is signed in, and tell those concerned."""
        holders = {grant.user or grant.team for grant in formset.queryset}
        grants: list[ProjectGrant] = formset.save(commit=False)
        for grant in grants:
            grant.created_by_id = grant.created_by_id or request.user.pk
        formset.save()
        for holder in holders | {grant.user or grant.team for grant in grants}:
            if holder is not None:
                announce(holder)

    @admin.action(description=gettext_lazy("Move to the trash"), permissions=["change"])
    def delete_projects(self, request: HttpRequest, projects: QuerySet[Project]) -> None:
        """Put the chosen projects in the trash."""
        for project in projects:
            services.delete_project(project=project)

    @admin.action(description=gettext_lazy("Restore from the trash"), permissions=["change"])
    def restore_projects(self, request: HttpRequest, projects: QuerySet[Project]) -> None:
        """Take the chosen projects out of the trash."""
        for project in projects:
            try:
                services.restore_project(project=project)
            except AppError as error:
                self.message_user(request, error.message, messages.ERROR)


@admin.register(ProjectQuota)
class ProjectQuotaAdmin(ModelAdmin):
    """The limits of projects."""

    list_display = ("project", "storage_bytes", "runs", "points", "changed_at")
    list_select_related = ("project__org",)
    search_fields = ("project__slug", "project__org__slug")
    autocomplete_fields = ("project",)

    def save_model(self, request: HttpRequest, obj: ProjectQuota, form: Any, change: bool) -> None:
        """Save through the service."""
        quotas.set_project_quota(project=obj.project, **obj.amounts())


class UsageAdmin(ReadOnlyAdmin):
    """What was measured."""

    AMOUNTS = ("size", "points", "runs", "trashed_runs")

    @admin.display(description=gettext_lazy("storage"))
    def size(self, usage: Any) -> str:
        """Return the storage in words."""
        return formats.storage(usage.storage_bytes)


@admin.register(ProjectUsage)
class ProjectUsageAdmin(UsageAdmin):
    """What projects hold."""

    list_display = ("project", *UsageAdmin.AMOUNTS, "measured_at")
    list_select_related = ("project__org",)
    search_fields = ("project__slug", "project__org__slug")


@admin.register(OrgUsage)
class OrgUsageAdmin(UsageAdmin):
    """What organisations hold, with those below them."""

    list_display = ("org", *UsageAdmin.AMOUNTS, "seats", "measured_at")
    list_select_related = ("org",)
    search_fields = ("org__slug",)
