"""The engine's tables in the admin: to look at, since only the engine keeps them consistent."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.core.admin import ReadOnlyAdmin
from apps.metrics.models import Batch, Head, MetricKey, Stream, Tile


@admin.register(Stream)
class StreamAdmin(ReadOnlyAdmin):
    list_display = ["uuid", "run", "label", "next_offset", "next_row", "last_seen_at"]
    list_select_related = ["run"]
    search_fields = ["=run__uid", "label"]


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = [
        "pk",
        "run",
        "stream",
        "first_offset",
        "rows",
        "points",
        "received_at",
    ]
    list_select_related = ["run", "stream"]
    search_fields = ["=run__uid"]
    exclude = ["payload"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("payload")


@admin.register(Tile)
class TileAdmin(ReadOnlyAdmin):
    list_display = ["pk", "run", "kind", "level", "first_row", "rows", "is_full"]
    list_filter = ["kind", "level", "is_full"]
    list_select_related = ["run"]
    search_fields = ["=run__uid"]
    exclude = ["directory", "payload"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("directory", "payload")


@admin.register(MetricKey)
class MetricKeyAdmin(ReadOnlyAdmin):
    list_display = ["name", "project"]
    list_select_related = ["project__org"]
    search_fields = ["name"]


@admin.register(Head)
class HeadAdmin(ReadOnlyAdmin):
    list_display = ["run", "version", "clock_skew_s", "left_out_points"]
    list_select_related = ["run"]
    search_fields = ["=run__uid"]
    exclude = ["rows", "system", "counted", "chart_keys", "system_chart_keys"]
