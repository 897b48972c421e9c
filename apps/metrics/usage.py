"""What points and console lines take, for the usage of projects and for what purging runs would free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import BigIntegerField, Sum
from django.db.models.functions import Length

from apps.metrics.models import Batch, Head, Kind, Tile
from apps.projects import usage

HEAD_BLOBS = ("rows", "system", "counted", "chart_keys", "system_chart_keys")


def measure_projects(project_ids: Collection[int]) -> usage.Amounts:
    """Count points, and the bytes of tiles, waiting batches and heads. A batch is counted as metrics until it is
    sealed, whatever it holds."""
    path = "run__project"
    tiles = Tile.objects.order_by()
    console = _sum(tiles.filter(kind=Kind.CONSOLE), ("payload", "directory"), path, project_ids)
    metrics = _sum(tiles.exclude(kind=Kind.CONSOLE), ("payload", "directory"), path, project_ids)
    metrics.update(_sum(Batch.objects.order_by(), ("payload",), path, project_ids))
    metrics.update(_sum(Head.objects.order_by(), HEAD_BLOBS, path, project_ids))
    points = Head.objects.order_by().filter(run__project__in=project_ids).values_list(path)
    return usage.by_field(
        {
            "console_bytes": console,
            "metric_bytes": metrics,
            "points": dict(points.annotate(Sum("points"))),
        }
    )


def measure_runs(run_ids: Collection[int]) -> Mapping[int, int]:
    """Return the bytes of the tiles, waiting batches and heads of runs."""
    sizes = _sum(Tile.objects.order_by(), ("payload", "directory"), "run", run_ids)
    sizes.update(_sum(Batch.objects.order_by(), ("payload",), "run", run_ids))
    sizes.update(_sum(Head.objects.order_by(), HEAD_BLOBS, "run", run_ids))
    return sizes


def _sum(rows: Any, blobs: Collection[str], path: str, ids: Collection[int]) -> Counter[int]:
    # The length of a blob is known without reading it, on both databases.
    total: Any = 0
    for blob in blobs:
        total = Length(blob) + total
    found = rows.filter(**{f"{path}__in": ids}).values_list(path)
    return Counter(dict(found.annotate(size=Sum(total, output_field=BigIntegerField()))))
