"""What a run's metrics came to, for its pages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context

from apps.core import json_values
from apps.metrics import store
from apps.metrics.summaries import goal_of
from apps.runs.models import Run

register = template.Library()
MAX_ROWS = 200
STRIPS = 4
# What is better where nobody said so with define_metric: words of a metric's name.
SMALL_IS_GOOD = ("loss", "perplexity", "error", "rmse", "mse", "mae")
LARGE_IS_GOOD = ("acc", "auc", "f1", "bleu", "rouge", "reward", "precision", "recall")


@dataclass(frozen=True)
class MetricRow:
    """One metric of a run. `best` is None where it can't be said which values are better."""

    key: str
    last: Any
    best: float | None
    best_step: int | None
    is_number: bool

    @property
    def is_nan(self) -> bool:
        """Whether it ended as not a number."""
        return isinstance(self.last, float) and math.isnan(self.last)


@dataclass(frozen=True)
class RunMetrics:
    """The metrics of a run: at most 200 rows, how many there are, and how many points they have."""

    rows: list[MetricRow]
    key_count: int
    curve_count: int
    point_count: int
    left_out_points: int
    strips: list[str]

    @property
    def is_cut(self) -> bool:
        """Whether there are more metrics than rows."""
        return self.key_count > len(self.rows)


def likely_goal(key: str, definitions: Mapping[str, Any]) -> str | None:
    """Return "minimize" or "maximize": what was defined, else what the metric's name suggests, else None."""
    name = key.lower()
    if defined := goal_of(key, definitions):
        return defined
    if any(word in name for word in SMALL_IS_GOOD):
        return "minimize"
    return "maximize" if any(word in name for word in LARGE_IS_GOOD) else None


def _row(
    key: str, values: Mapping[str, Any], own: Mapping[str, Any], goal: str | None
) -> MetricRow:
    side = {"minimize": "min", "maximize": "max"}.get(goal or "")
    return MetricRow(
        key=key,
        last=own.get(key, values["last"]),
        best=values[side] if side else None,
        best_step=values[f"{side}_step"] if side else None,
        is_number=values["type"] in {"number", "bool"},
    )


def _importance(key: str, goal: str | None) -> tuple[bool, bool, int, str]:
    """Order metrics for the strips: those with a goal first, losses before the rest, short names first."""
    return (goal is None, "loss" not in key, len(key), key)


@register.simple_tag(takes_context=True)
def run_metrics(context: Context, run: Run) -> RunMetrics:
    """Return what is known of a run's metrics and of the summary that the user set; read once a page."""
    name = f"metrics of {run.pk}"
    if name not in context.render_context:
        context.render_context[name] = read_run_metrics(run)
    known: RunMetrics = context.render_context[name]
    return known


def read_run_metrics(run: Run) -> RunMetrics:
    """Return a run's metrics by name, with what the user set in the summary over their last values."""
    found = store.summary(run=run)
    definitions = json_values.decode(run.document.definitions)
    own = json_values.decode(run.document.own_summary)
    goals = {key: likely_goal(key, definitions) for key in found["keys"]}
    rows = [_row(key, values, own, goals[key]) for key, values in found["keys"].items()]
    rows += [
        MetricRow(key, item, None, None, False) for key, item in own.items() if key not in goals
    ]
    rows.sort(key=lambda row: row.key)
    curves = [row.key for row in rows if row.is_number and found["keys"][row.key]["count"] > 1]
    return RunMetrics(
        rows=rows[:MAX_ROWS],
        key_count=len(rows),
        curve_count=sum(row.is_number for row in rows),
        point_count=sum(values["count"] for values in found["keys"].values()),
        left_out_points=found["left_out_points"],
        strips=sorted(curves, key=lambda key: _importance(key, goals[key]))[:STRIPS],
    )
