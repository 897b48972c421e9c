"""What runs and their documents take, for the usage of projects and for what purging runs would free."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db.models import BigIntegerField, Count, F, Func, Q, Sum
from django.db.models.functions import Coalesce

from apps.projects import usage
from apps.runs.models import ConfigChange, Run, RunDocument

# {run: bytes}, in a few queries however many runs there are.
MeasureRuns = Callable[[Collection[int]], Mapping[int, int]]
DOCUMENTS = (
    *("config", "summary", "git", "environment", "definitions"),
    *("own_summary", "statistics", "fact_keys"),
)
CHANGES = ("set_values", "deleted_paths")
CHUNK = 500
_measures: list[MeasureRuns] = []


def register(measure: MeasureRuns) -> None:
    """Have a function tell what its app stores of runs. The same one again changes nothing."""
    if measure not in _measures:
        _measures.append(measure)


class StoredBytes(Func):
    """How many bytes a JSON value takes in its row; compressed where the database compresses it."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Count the bytes of its text."""
        template = "LENGTH(CAST(%(expressions)s AS BLOB))"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Ask for the size without unpacking it."""
        template = "PG_COLUMN_SIZE(%(expressions)s)"
        return super().as_sql(compiler, connection, template=template, **context)


def stored_bytes(fields: Collection[str]) -> Any:
    """Return the expression of how many bytes JSON fields take together."""
    total: Any = 0
    for field in fields:
        total = Coalesce(StoredBytes(F(field)), 0) + total
    return Sum(total, output_field=BigIntegerField())


def measure_projects(project_ids: Collection[int]) -> usage.Amounts:
    """Count runs, those in the trash and the bytes of all their documents."""
    in_trash = ~Q(deleted_at=None) | ~Q(project__deleted_at=None)
    counts = Run.objects.order_by().filter(project__in=project_ids).values_list("project")
    rows = list(counts.annotate(Count("pk"), trashed=Count("pk", filter=in_trash)))
    documents = _sum(RunDocument, DOCUMENTS, "run__project", project_ids)
    changes = _sum(ConfigChange, CHANGES, "run__project", project_ids)
    return usage.by_field(
        {
            "runs": {project: runs for project, runs, _ in rows},
            "trashed_runs": {project: trashed for project, _, trashed in rows},
            "document_bytes": {
                project: documents.get(project, 0) + changes.get(project, 0)
                for project in {*documents, *changes}
            },
        }
    )


def measure_documents(run_ids: Collection[int]) -> Mapping[int, int]:
    """Return the bytes of the documents of runs."""
    documents = _sum(RunDocument, DOCUMENTS, "run", run_ids)
    changes = _sum(ConfigChange, CHANGES, "run", run_ids)
    return {run: documents.get(run, 0) + changes.get(run, 0) for run in {*documents, *changes}}


def _sum(model: Any, fields: Collection[str], path: str, ids: Collection[int]) -> dict[int, int]:
    rows = model.objects.order_by().filter(**{f"{path}__in": ids}).values_list(path)
    return dict(rows.annotate(size=stored_bytes(fields)))


def measure_runs(run_ids: Collection[int]) -> dict[int, int]:
    """Return how many bytes purging each of these runs would free."""
    ids = list(run_ids)
    sizes = dict.fromkeys(ids, 0)
    for start in range(0, len(ids), CHUNK):
        for measure in _measures:
            for run_id, size in measure(ids[start : start + CHUNK]).items():
                sizes[run_id] += size
    return sizes
