"""What charts ask: lines of runs and keys over steps, time or another key, alone or as groups of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from apps.metrics import sampling, sql
from apps.metrics.codec import Floats
from apps.metrics.frame import Series
from apps.metrics.lines import Line, Window
from apps.metrics.models import Kind
from apps.metrics.reading import read_lines, read_waiting_blocks

DEFAULT_POINTS = 1000
AXES = ("step", "time", "relative")


@dataclass(frozen=True, slots=True)
class RunRef:
    """A run that was loaded through access, as far as reading its points needs it."""

    run_id: int
    uid: str
    project_id: int


@dataclass(frozen=True, slots=True)
class Query:
    """Which lines are wanted. `axis` is step, time (Unix seconds), relative (to the first row) or a key."""

    runs: Sequence[RunRef]
    keys: Sequence[str]
    axis: str = "step"
    low: float = -np.inf
    high: float = np.inf
    points: int = DEFAULT_POINTS
    kind: Kind = Kind.ROWS
    # Name and members of each group: then the lines of its runs become one with its spread.
    groups: Sequence[tuple[str, Sequence[RunRef]]] = ()
    with_means: bool = False


@dataclass(slots=True)
class Answer:
    """The lines, and for x=relative the Unix time of 0 of each run."""

    axis: str
    series: list[Series]
    zeros: dict[str, float] = field(default_factory=dict)


def read(query: Query) -> Answer:
    """Return at most `points` points of each line; runs and keys without any are left out."""
    runs = {run.run_id: run for run in query.runs}
    runs |= {run.run_id: run for _, members in query.groups for run in members}
    with sql.snapshot():
        zeros = _zeros(runs, query.kind) if query.axis == "relative" else {}
        lines, dropped = _lines(query, runs, zeros)
    if query.groups:
        series = [
            series
            for name, members in query.groups
            for key in query.keys
            for series in _spread(query, name, key, members, lines)
        ]
    else:
        series = [
            series
            for run in query.runs
            for key in query.keys
            if (run.run_id, key) in lines
            for series in _sample(query, run, key, lines[run.run_id, key], dropped)
        ]
    return Answer(query.axis, series, {runs[run].uid: zero for run, zero in zeros.items()})


Lines = dict[tuple[int, str], Line]


def _lines(
    query: Query, runs: Mapping[int, RunRef], zeros: Mapping[int, float]
) -> tuple[Lines, dict[tuple[int, str], int]]:
    """Return the lines with their x on the wanted axis, and how many points of each have no x."""
    projects = {run.run_id: run.project_id for run in runs.values()}
    if query.axis not in AXES:
        return _lines_over_key(query, projects)
    # A thinned line keeps some points of each slice; a group has each of its points from a bucket.
    buckets = query.points if query.groups else max(1, query.points // sampling.KEPT_PER_SLICE)
    windows = {
        run: Window(
            axis="step" if query.axis == "step" else "time",
            low=query.low + zeros.get(run, 0.0),
            high=query.high + zeros.get(run, 0.0),
            buckets=buckets,
        )
        for run in runs
    }
    lines = read_lines(projects, query.keys, query.kind, windows)
    for run, zero in zeros.items():
        moved: dict[int, Floats] = {}  # Lines with a common x keep a common x.
        for key in query.keys:
            if line := lines.get((run, key)):
                line.x = moved.setdefault(id(line.x), line.x - zero)
                line.ends = None if line.ends is None else line.ends - zero
    return lines, {}


def _lines_over_key(
    query: Query, projects: Mapping[int, int]
) -> tuple[Lines, dict[tuple[int, str], int]]:
    """Join each line with the key on the x axis: the value of the same step, or the last one before."""
    window = Window("step", is_whole=True)
    names = list(dict.fromkeys([*query.keys, query.axis]))
    found = read_lines(projects, names, query.kind, dict.fromkeys(projects, window))
    lines: Lines = {}
    dropped: dict[tuple[int, str], int] = {}
    for run in projects:
        axis = found.get((run, query.axis))
        for key in query.keys:
            line = found.get((run, key))
            if line is None or axis is None:
                continue
            places = np.searchsorted(axis.x, line.x, side="right") - 1
            x = np.where(places >= 0, axis.y[places], np.nan)
            has_x = np.isfinite(x)
            within = has_x & (x >= query.low) & (x <= query.high)
            order = np.argsort(x[within], kind="stable")
            y = line.y[within][order]
            odd = int(len(y) - np.isfinite(y).sum())
            lines[run, key] = Line(x[within][order], y, len(y), odd)
            dropped[run, key] = int(len(x) - has_x.sum())
    return lines, dropped


def _zeros(runs: Mapping[int, RunRef], kind: Kind) -> dict[int, float]:
    """Return the time of the first row of each run; where a run has none yet, of its first sample."""
    rows = sql.fetch(
        "SELECT run_id, first_time, first_system_time FROM metrics_head "
        "WHERE run_id IN (VALUES {numbers})",
        numbers=[(run,) for run in runs],
    )
    zeros = {
        run: first if first is not None else system
        for run, first, system in rows
        if first is not None or system is not None
    }
    unknown = [run for run in runs if run not in zeros]
    if unknown:
        # Nobody has counted these yet: they are new, and all their rows wait.
        for run, blocks in read_waiting_blocks(unknown, kind, []).items():
            zeros[run] = min(float(block.times.min()) for block in blocks.values())
    return zeros


def _sample(
    query: Query,
    run: RunRef,
    key: str,
    line: Line,
    dropped: Mapping[tuple[int, str], int],
) -> list[Series]:
    """Return a line thinned to the wanted points, and the means of its slices if wanted."""
    common = {
        "run": run.uid,
        "total": line.total,
        "level": line.level,
        "nan": line.odd,
        "dropped": dropped.get((run.run_id, key), 0),
    }
    if not line.level and len(line.x) <= query.points:
        return [Series(key, line.x, line.y, **common)]  # type: ignore[arg-type]  # named by the fields
    chosen = sampling.choose(line.x, line.y, query.points)
    series = [Series(key, line.x[chosen], line.y[chosen], **common)]  # type: ignore[arg-type]  # as above
    if query.with_means:
        slices = max(1, query.points // sampling.KEPT_PER_SLICE)
        if line.ends is None or line.means is None or line.weights is None:
            finite = np.isfinite(line.y)
            x, y = sampling.slice_means(
                line.x, np.where(finite, line.y, 0.0), finite.astype(np.float64), slices
            )
        else:
            x, y = sampling.slice_means(line.ends, line.means, line.weights, slices)
        series.append(Series(key, x, y, agg="mean", **common))  # type: ignore[arg-type]  # as above
    return series


def _spread(
    query: Query, name: str, key: str, members: Sequence[RunRef], lines: Lines
) -> list[Series]:
    """Return a group's aggregates, a line each."""
    found = [lines[run.run_id, key] for run in members if (run.run_id, key) in lines]
    if not found:
        return []
    spread = sampling.spread([(line.x, line.y) for line in found], query.points)
    return [
        Series(
            key,
            spread.x,
            spread.values[agg],
            group=name,
            agg=agg,
            total=sum(line.total for line in found),
            level=max(line.level for line in found),
            nan=sum(line.odd for line in found),
        )
        for agg in sampling.AGGREGATES
    ]
