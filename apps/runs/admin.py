"""Runs in the admin, those in the trash too. Facts are not shown: their key has two columns."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core import json_values
from apps.core.admin import ModelAdmin, ReadOnlyAdmin
from apps.core.errors import AppError
from apps.orgs.actor import Actor
from apps.projects.admin import InTrash
from apps.runs import services
from apps.runs.models import ConfigChange, FactKey, Run, RunDocument, RunTag

EDITABLE = ("name", "group", "job_type", "notes")
FACTS = (
    *("project", "short_id", "uid", "number", "state", "exit_code", "created_by", "tag_list"),
    *("created_at", "started_at", "heartbeat_at", "ended_at", "last_step", "resumed_count"),
    *("deleted_at", "creation_key"),
)


@admin.register(Run)
class RunAdmin(ModelAdmin):
    """Runs: found by name, ID or uid; ended, moved to the trash and back by actions."""

    list_display = ("short_id", "name", "project", "state", "created_by", "created_at", "deleted_at")
    list_display_links = ("short_id", "name")
    list_filter = ("state", InTrash, "created_at")
    list_select_related = ("project__org", "created_by")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=uid", "short_id", "name", "group", "=project__slug", "=project__org__slug")
    fields = (*EDITABLE, *FACTS)
    readonly_fields = FACTS
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
        author = Actor.for_user(request.user)  # type: ignore[arg-type]  # staff are never anonymous
        run = Run.objects.get(pk=obj.pk)
        services.update_run(run=run, author_id=author.user_id, **changes)

    @admin.action(description=gettext_lazy("End as killed"))
    def end_runs(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """End those of the chosen runs that have not ended."""
        for run in runs:
            services.finish_run(run=run, state=Run.State.KILLED)
        self._report(request, len(runs))

    @admin.action(description=gettext_lazy("Move to the trash"))
    def delete_runs(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """Put the chosen runs in the trash."""
        for run in runs:
            services.delete_run(run=run)
        self._report(request, len(runs))

    @admin.action(description=gettext_lazy("Restore from the trash"))
    def restore_runs(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """Take the chosen runs out of the trash."""
        for run in runs:
            try:
                services.restore_run(run=run)
            except AppError as error:
                self.message_user(request, error.message, messages.ERROR)
        self._report(request, len(runs))

    def _report(self, request: HttpRequest, count: int) -> None:
        text = ngettext("%(count)d run.", "%(count)d runs.", count) % {"count": count}
        self.message_user(request, f"{_('Done')}: {text}", messages.SUCCESS)


@admin.register(RunDocument)
class RunDocumentAdmin(ReadOnlyAdmin):
    """What runs say of themselves, as it is decoded."""

    list_display = ("run", "config_version", "is_stale", "indexed_at")
    list_filter = ("is_stale",)
    list_select_related = ("run",)
    search_fields = ("=run__uid", "run__short_id")
    shown = ("config", "summary", "own_summary", "statistics", "git", "environment", "definitions")
    fields = ("run", "config_version", *(f"{name}_text" for name in shown), "is_stale", "indexed_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunDocument]:
        """Leave the documents out of the list."""
        documents: QuerySet[RunDocument] = super().get_queryset(request)
        is_list = request.resolver_match and request.resolver_match.url_name.endswith("changelist")
        return documents.only(*self.list_display) if is_list else documents


def _shown_as_text(name: str) -> Any:
    @admin.display(description=name)
    def show(document: RunDocument) -> str:
        value = json_values.strict(json_values.decode(getattr(document, name)))
        return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))

    return show
