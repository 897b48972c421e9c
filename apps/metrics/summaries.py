"""What the heads tell the run: its summary and last step."""

from __future__ import annotations

from collections.abc import Mapping, Set
from fnmatch import fnmatchcase
from typing import Any

from apps.core import json_values
from apps.metrics import heads, keys, sql
from apps.metrics.heads import Heads
from apps.runs import documents, services
from apps.runs.models import RunDocument

Described = dict[str, dict[str, Any]]


def record_changes(run_id: int, of_rows: Heads, changed: Set[int]) -> None:
    """Give the run the statistics of the keys that changed, and its last step."""
    names = keys.names_of(changed)
    described = describe(of_rows, names, definitions_of([run_id]).get(run_id, {}))
    # The run before its document: whoever writes both locks them in this order.
    record_last_step(run_id)
    documents.record_summary(run_id=run_id, stats=described)


def record_last_step(run_id: int) -> None:
    """Give the run the greatest step of its streams, of rows that wait to be sealed too."""
    services.note_last_step(run_id=run_id, find=lambda: _greatest_step(run_id))


def _greatest_step(run_id: int) -> int | None:
    ((step,),) = sql.fetch("SELECT MAX(last_step) FROM metrics_stream WHERE run_id = %s", [run_id])
    return None if step is None else int(step)


def record_removals(run_id: int, removed: Set[int]) -> None:
    """Take keys out of the run's summary that have no rows any more."""
    if removed:
        names = keys.names_of(removed)
        documents.record_summary(run_id=run_id, stats=dict.fromkeys(names.values()))


def definitions_of(run_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return what define_metric said of the runs' keys and patterns."""
    documents = RunDocument.objects.filter(run_id__in=run_ids).values_list("run_id", "definitions")
    return {run_id: json_values.decode(definitions) for run_id, definitions in documents}


def describe(of_rows: Heads, names: Mapping[int, str], definitions: Mapping[str, Any]) -> Described:
    """Return the statistics of keys, with "best" where a goal is defined."""
    described = heads.describe(of_rows, names)
    for key, values in described.items():
        goal = goal_of(key, definitions)
        values["best"] = values["min" if goal == "minimize" else "max"] if goal else None
    return described


def goal_of(key: str, definitions: Mapping[str, Any]) -> str | None:
    """Return "minimize" or "maximize" where it was said of the key, or else of a pattern that it matches."""
    exact = definitions.get(key)
    if exact and exact.get("goal"):
        return str(exact["goal"])
    for pattern, definition in definitions.items():
        if "*" in pattern and definition.get("goal") and fnmatchcase(key, pattern):
            return str(definition["goal"])
    return None
