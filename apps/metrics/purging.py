"""Deleting the rows of a run for good: a few at a time, so that nobody waits long for the write lock."""

from __future__ import annotations

from apps.metrics import sql
from apps.metrics.models import Head

# Tiles may have megabytes.
CHUNK = 100


def delete_rows(run_id: int) -> None:
    """Delete the batches, tiles, streams and heads of a run, each chunk in a transaction of its own.

    Again it goes on where it was stopped.
    """
    for table in ("metrics_batch", "metrics_tile"):
        # The names are the two above.
        statement = (
            f"DELETE FROM {table} WHERE id IN "  # noqa: S608  # nosec B608
            f"(SELECT id FROM {table} WHERE run_id = %s ORDER BY id LIMIT {CHUNK})"
        )
        while sql.run(statement, [run_id]):
            pass
    sql.run("DELETE FROM metrics_stream WHERE run_id = %s", [run_id])
    Head.objects.filter(pk=run_id).delete()
