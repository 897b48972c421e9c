"""Runs in the admin, those in the trash too. Facts are left out: the admin knows no key of two columns."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from apps.core.admin import ModelAdmin, ReadOnlyAdmin
from apps.projects.admin import InTrash
from apps.projects.guarded import GuardedAdmin
from apps.runs import services
from apps.runs.models import ConfigChange, FactKey, RetentionRule, Run, RunDocument, RunTag

EDITABLE = ("name", "group", "job_type", "notes")
RECORDED = (
    *("project", "short_id", "uid", "number", "state", "exit_code", "created_by", "tag_list"),
    *("created_at", "started_at", "heartbeat_at", "ended_at", "last_step", "resumed_count"),
    *("deleted_at", "creation_key"),
)
DOCUMENTS = ("config", "summary", "own_summary", "statistics", "git", "environment", "definitions")


@admin.register(Run)
class RunAdmin(GuardedAdmin):
    """Runs: found by name, ID or uid; ended, moved to the trash and back by actions."""

    list_display = (
        "short_id",
        "name",
        "project",
        "state",
        "created_by",
        "created_at",
        "deleted_at",
    )
    list_display_links = ("short_id", "name")
    list_filter = ("state", InTrash, "created_at")
    list_select_related = ("project__org", "created_by")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=uid", "short_id", "name", "group", "=project__slug", "=project__org__slug")
    fields = (*EDITABLE, *RECORDED)
    readonly_fields = RECORDED
    actions = ("end_runs", "delete_runs", "restore_runs")

    @admin.display(description=gettext_lazy("tags"))
    def tag_list(self, run: Run) -> str:
        """Name the tags in one line."""
        return ", ".join(run.tag_names) or "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Runs are made by clients."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting for good would leave metrics and facts behind; the trash keeps all of a run."""
        return False

    def save_model(self, request: HttpRequest, obj: Run, form: Any, change: bool) -> None:
        """Save through the service, which tells those who watch."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        run = Run.objects.get(pk=obj.pk)
        services.update_run(run=run, author_id=request.user.pk, **changes)

    @admin.action(permissions=["change"], description=gettext_lazy("End as killed"))
    def end_runs(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """End those of the chosen runs that have not ended."""
        for run in runs:
            services.finish_run(run=run, state=Run.State.KILLED)
        self._report(request, len(runs))

    @admin.action(permissions=["change"], description=gettext_lazy("Move to the trash"))
    def delete_runs(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """Put the chosen runs in the trash."""
        for run in runs:
            services.delete_run(run=run)
        self._report(request, len(runs))

    @admin.action(permissions=["change"], description=gettext_lazy("Restore from the trash"))
    def restore_runs(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """Take the chosen runs out of the trash."""
        for run in runs:
            services.restore_run(run=run)
        self._report(request, len(runs))

    def _report(self, request: HttpRequest, count: int) -> None:
        text = ngettext("Done for %(count)d run.", "Done for %(count)d runs.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)


@admin.register(RunDocument)
class RunDocumentAdmin(ReadOnlyAdmin):
    """What runs say of themselves, as it is stored."""

    list_display = ("run", "config_version", "is_stale", "indexed_at")
    list_filter = ("is_stale",)
    list_select_related = ("run",)
    search_fields = ("=run__uid", "run__short_id")
    exclude = ("fact_keys",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunDocument]:
        """Leave the documents in the database until one is opened."""
        documents: QuerySet[RunDocument] = super().get_queryset(request)
        return documents.defer(*DOCUMENTS)


@admin.register(ConfigChange)
class ConfigChangeAdmin(ReadOnlyAdmin):
    """Every version of every config."""

    list_display = ("run", "version", "author", "changed_at")
    list_filter = ("changed_at",)
    list_select_related = ("run", "author")
    search_fields = ("=run__uid", "run__short_id")


@admin.register(RunTag)
class RunTagAdmin(ReadOnlyAdmin):
    """Tags and the runs that have them."""

    list_display = ("name", "run")
    list_select_related = ("run",)
    search_fields = ("name", "=run__uid")


@admin.register(FactKey)
class FactKeyAdmin(ReadOnlyAdmin):
    """Where the runs of each project have values, and how many of which type."""

    list_display = ("project", "source", "path", "number_count", "text_count", "boolean_count")
    list_display_links = ("path",)
    list_filter = ("source",)
    list_select_related = ("project__org",)
    search_fields = ("path", "=project__slug")


@admin.register(RetentionRule)
class RetentionRuleAdmin(ModelAdmin):
    """The rules by which runs go to the trash."""

    list_display = ("__str__", "is_on", "older_than_days", "keep_last", "keep_tags", "states")
    list_filter = ("is_on",)
    list_select_related = ("org", "project__org")
    search_fields = ("org__slug", "project__slug")
    autocomplete_fields = ("org", "project")
