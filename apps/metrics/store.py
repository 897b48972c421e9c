"""The metric engine's interface: what everything outside apps/metrics may use of it.

A row is what one log() call wrote: a step, a time, and a value for some keys. Rows come from streams (one
writer of one run each) and are numbered there. Runs are handed over as loaded through access.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.core.errors import AppError, Invalid
from apps.metrics import (
    console as console_lines,
)
from apps.metrics import (
    live_heads,
    replacing,
    summaries,
    truncation,
    wire,
)
from apps.metrics import (
    query as queries,
)
from apps.metrics import (
    rows as exact_rows,
)
from apps.metrics.append import Append, Appended, Target, append_all
from apps.metrics.blocks import Block
from apps.metrics.console import Console
from apps.metrics.heads import Heads
from apps.metrics.models import Kind
from apps.metrics.query import Answer, Query, RunRef
from apps.metrics.records import Rows
from apps.metrics.rows import StepRow
from apps.metrics.values import Refusal
from apps.runs.models import Run

__all__ = ["Answer", "Appended", "Console", "Kind", "Query", "RunRef", "StepRow"]


def refer(run: Run) -> RunRef:
    """Return what a query needs of a run."""
    return RunRef(run.pk, run.uid, run.project_id)


def append(
    *,
    run: Run,
    stream: UUID,
    records: Sequence[Mapping[str, Any]],
    offset: int | None = None,
    label: str = "",
    user_id: int | None = None,
) -> Appended:
    """Store records (those of docs/metrics.md) of one writer; committed, on this thread, when it returns.

    `offset` is the number of the first record: what is stored already is skipped. Without it the records are
    put behind those that are there. Raises Ahead when records before it are missing, Gone when the run is in
    the trash. Records that cannot be stored are in the answer.
    """
    request = wire.StreamRequest(stream, offset, label, [wire.read_record(r) for r in records])
    target = Target(run.pk, run.uid, run.project_id, user_id)
    (outcome,) = append_all([Append.of(target, request)])
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def replace(*, run: Run, stream: UUID, first_row: int, record: Mapping[str, Any]) -> Appended:
    """Make a record's rows those of a stream from `first_row` on; equal content changes nothing.

    Raises Conflict when rows before `first_row` are missing, Invalid when the record cannot be stored.
    """
    rows = wire.read_record(record)
    if isinstance(rows, Refusal):
        raise Invalid(rows.message, code=rows.code)
    if not isinstance(rows, Rows):
        raise Invalid("Only rows can be replaced.")
    target = Target(run.pk, run.uid, run.project_id, None)
    return replacing.replace_rows(target, stream, first_row, rows)


def truncate_stream(*, run: Run, stream: UUID, row: int) -> None:
    """Take back a stream's rows from number `row` on."""
    truncation.truncate_stream(run.pk, stream, row)


def truncate(*, run: Run, step: int) -> None:
    """Take back a run's rows with this step and beyond."""
    truncation.truncate_run(run.pk, step)


def read(query: Query) -> Answer:
    """Return the lines that charts draw, each of at most `query.points` points."""
    return queries.read(query)


def rows(
    *, run: Run, low: int, high: int, keys: Collection[str] | None, limit: int
) -> tuple[list[StepRow], int | None]:
    """Return the exact rows of the first `limit` steps from `low` to `high`, and the step to go on from."""
    return exact_rows.read_rows(run.pk, low, high, keys, limit)


def history(*, run: Run) -> Iterator[tuple[int, Block]]:
    """Yield every row of a run, also those that were replaced, in blocks of one stream each."""
    return exact_rows.iterate_blocks(run.pk)


def console(
    *, run: Run, first: int = 0, limit: int = 1000, tail: int | None = None, search: str = ""
) -> Console:
    """Return console lines from number `first` on, or the last `tail`, or those that hold `search`."""
    return console_lines.read_console(run.pk, first=first, limit=limit, tail=tail, search=search)


def heads(*, run_ids: Collection[int], kind: Kind = Kind.ROWS) -> dict[int, Heads]:
    """Return what is known of each key of runs, as arrays (heads.HEAD), up to the last row received."""
    found = live_heads.read_heads(run_ids, kind)
    return {run_id: of_run.heads for run_id, of_run in found.items()}


def summary(*, run: Run, kind: Kind = Kind.ROWS) -> dict[str, Any]:
    """Return the statistics of a run's keys, sorted by name, and what is odd about its data."""
    of_run = live_heads.read_heads([run.pk], kind).get(run.pk)
    if of_run is None:
        return {"keys": {}, "left_out_points": 0, "clock_skew_s": None}
    definitions = summaries.definitions_of([run.pk]).get(run.pk, {})
    described = summaries.describe(of_run.heads, of_run.names, definitions)
    return {
        "keys": dict(sorted(described.items())),
        "left_out_points": of_run.left_out_points,
        "clock_skew_s": of_run.clock_skew_s,
    }


def keys(*, project_id: int, kind: Kind = Kind.ROWS) -> dict[str, int]:
    """Return the keys that have points in a project's runs, and in how many runs each."""
    return live_heads.count_runs_by_key(project_id, kind)
