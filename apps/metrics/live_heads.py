"""The heads of runs as of now: what is counted, with the rows that still wait folded in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import msgpack
import numpy as np

from apps.metrics import heads, keys, sealing, sql
from apps.metrics.blocks import gather, types_of
from apps.metrics.heads import Heads
from apps.metrics.models import Head, Kind
from apps.runs.models import Run


@dataclass(slots=True)
class RunHeads:
    """The heads of one kind of rows of a run, and the names of its keys."""

    heads: Heads
    left_out_points: int = 0
    clock_skew_s: float | None = None
    # Keys that wait for their first seal.
    extra_names: dict[int, str] = field(default_factory=dict)
    extra_numbers: dict[str, int] = field(default_factory=dict)

    @property
    def names(self) -> dict[int, str]:
        known = keys.names_of(number for number in self.heads.places if number > 0)
        return known | self.extra_names


def read_heads(run_ids: Collection[int], kind: Kind) -> dict[int, RunHeads]:
    """Return the heads of runs; those without any rows of this kind are left out."""
    column = "rows" if kind == Kind.ROWS else "system"
    found: dict[int, RunHeads] = {}
    offsets: dict[int, dict[int, int]] = {}
    with sql.snapshot():
        # The columns that are read come from this text, not from anybody's request.
        for run, packed, counted, left_out, skew in sql.fetch(
            "SELECT run_id, {column}, counted, left_out_points, clock_skew_s FROM metrics_head "  # nosec B608
            "WHERE run_id IN (VALUES {numbers})".replace("{column}", column),
            numbers=[(run,) for run in run_ids],
        ):
            found[run] = RunHeads(heads.unpack(bytes(packed)), left_out, skew)
            offsets[run] = msgpack.unpackb(counted, strict_map_key=False) if counted else {}
        for run, waiting in sealing.read_all_waiting(run_ids, offsets).items():
            _fold_waiting(found.setdefault(run, RunHeads(Heads())), run, waiting, kind)
    return {run: of_run for run, of_run in found.items() if len(of_run.heads.table)}


def _fold_waiting(of_run: RunHeads, run: int, waiting: list[sealing.Waiting], kind: Kind) -> None:
    """Count rows in memory. Keys that have no number yet are given one below zero."""
    (project,) = Run.objects.filter(pk=run).values_list("project_id", flat=True)
    for (_, of_kind), pieces in sealing.pieces_by_stream(waiting).items():
        if of_kind != kind:
            continue
        block = gather(pieces)
        names = list(dict.fromkeys([*block.columns, *block.objects]))
        ids = keys.find(project, names)
        room = sealing.MAX_KEYS - len(of_run.heads.places)
        for name in [name for name in names if name not in ids][: max(room, 0)]:
            number = -1 - len(of_run.extra_names)
            ids[name] = of_run.extra_numbers.setdefault(name, number)
            of_run.extra_names[ids[name]] = name
        heads.fold(of_run.heads, block, ids, types_of(pieces))


def count_runs_by_key(project_id: int, kind: Kind) -> dict[str, int]:
    """Return the keys that have points in a project's runs (not those in the trash), and in how many."""
    column = "chart_keys" if kind == Kind.ROWS else "system_chart_keys"
    rows = Head.objects.filter(run__project_id=project_id, run__deleted_at=None).values_list(
        column, flat=True
    )
    numbers, counts = np.unique(
        np.frombuffer(b"".join(map(bytes, rows)), "<u4"), return_counts=True
    )
    names = keys.names_of(numbers.tolist())
    pairs = zip(numbers.tolist(), counts.tolist(), strict=True)
    return dict(sorted((names[number], runs) for number, runs in pairs))
