"""What the apps' admins share."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import lookup_field
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from apps.core.text import table_cell

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # Generic in the stubs only.
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Rows that nobody adds, changes or deletes by hand, since only the code keeps them consistent."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.action(description=gettext_lazy("Export as CSV"))
def export_csv(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
    """Answer the chosen rows as a table, with the columns of the list."""
    columns = [str(name) for name in model_admin.get_list_display(request) if name != "__str__"]
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = model_admin.model._meta.model_name
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = [lookup_field(column, row, model_admin)[2] for column in columns]
        writer.writerow(["" if cell is None else table_cell(str(cell)) for cell in cells])
    return response
