"""The query language in plain Python: what docs/query-language.md says, without a database.

`search` has to find the same runs in the same order, on both databases.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cmp_to_key
from typing import Any

from apps.runs.fields import STATISTICS, Kind, read_field
from apps.runs.literals import read_moment
from apps.runs.tree import Tree

COMPARE = {
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
OPPOSITE = {"!=": "=", "!~": "~", "not in": "in"}


@dataclass
class PlainRun:
    """A run as plain values. `own` are its own fields, None where it has no value."""

    pk: int
    own: dict[str, Any]
    tags: list[str]
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    statistics: dict[str, dict[str, Any]] = field(default_factory=dict)


def fold(text: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in text)


def typed(value: Any) -> tuple[float | None, str | None]:
    """Return a value as a number, a word or, for a boolean, both."""
    if isinstance(value, bool):
        return float(value), "true" if value else "false"
    if isinstance(value, int | float):
        return (None, "NaN") if math.isnan(value) else (float(value), None)
    if isinstance(value, list):
        value = json.dumps(value, ensure_ascii=False)
    return None, value


def look_up(run: PlainRun, runs: list[PlainRun], name: str) -> Any:
    """Return what a run has at a config or summary field, None for nothing."""
    source, path = read_field(name).places[0]
    values = run.config if source == "config" else run.summary
    statistic = read_field(name).statistic
    if statistic and not any(path in other.summary for other in runs):
        metric = path.removesuffix(f".{statistic}")
        assert statistic in STATISTICS
        return run.statistics.get(metric, {}).get(statistic)
    value: Any = values
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return None if isinstance(value, Mapping) else value


def compare(op: str, one: Any, other: Any) -> bool:
    return bool(COMPARE[op](one, other))


def holds(tree: Tree, run: PlainRun, runs: list[PlainRun], now: datetime) -> bool:
    """Tell whether a tree is true of a run."""
    if "and" in tree:
        return all(holds(child, run, runs, now) for child in tree["and"])
    if "or" in tree:
        return any(holds(child, run, runs, now) for child in tree["or"])
    if "not" in tree:
        return not holds(tree["not"], run, runs, now)
    name, op = tree["field"], tree["op"]
    wanted: Any = tree.get("value")
    if name == "text":
        return any(
            fold(wanted) in fold(said) for said in (run.own["name"], run.own["id"], *run.tags)
        )
    if name == "tags":
        return tags_hold(op, wanted, run.tags)
    kind = read_field(name).kind
    value = look_up(run, runs, name) if kind == Kind.FACT else run.own[name]
    is_missing = value is None
    if op in {"is null", "is not null"}:
        is_null = is_missing or (kind == Kind.TEXT and value == "")
        return bool(is_null == (op == "is null"))
    if is_missing:
        return False
    if op in OPPOSITE:
        return not has(kind, OPPOSITE[op], value, wanted, now)
    return has(kind, op, value, wanted, now)


def has(kind: Kind, op: str, value: Any, wanted: Any, now: datetime) -> bool:
    """Tell whether a condition without a negation holds for a value."""
    if op == "in":
        return any(has(kind, "=", value, item, now) for item in wanted)
    if kind == Kind.FACT:
        number, text = typed(value)
        if op in {"~", "has"}:
            return text is not None and text_has(op, text, wanted)
        wanted_number, wanted_text = typed(wanted)
        if wanted_text is not None:
            return text is not None and compare(op, text.encode(), wanted_text.encode())
        return number is not None and compare(op, number, wanted_number)
    if op in {"~", "has"}:
        return text_has(op, value, wanted)
    if kind == Kind.DATE:
        return date_has(op, value, wanted, now)
    if isinstance(value, str):
        return compare(op, value.encode(), wanted.encode())
    return compare(op, value, wanted)


def text_has(op: str, text: str, wanted: str) -> bool:
    if op == "has":
        return fold(wanted) in fold(text)
    return re.search(wanted, text, re.ASCII | re.DOTALL) is not None


def date_has(op: str, value: datetime, wanted: str, now: datetime) -> bool:
    moment = read_moment(wanted, now)
    assert moment is not None
    start, end = moment
    return {
        "=": start <= value < end,
        "<": value < start,
        "<=": value < end,
        ">": value >= end,
        ">=": value >= start,
    }[op]


def tags_hold(op: str, wanted: Any, tags: list[str]) -> bool:
    if op in {"is null", "is not null"}:
        return (not tags) == (op == "is null")
    if op in OPPOSITE:
        return bool(tags) and not tags_hold(OPPOSITE[op], wanted, tags)
    if op == "has":
        return wanted in tags
    if op == "in":
        return any(tag in wanted for tag in tags)
    return any(text_has("~", tag, wanted) for tag in tags)


def in_order(runs: list[PlainRun], order: str) -> list[PlainRun]:
    """Sort: numbers, then words, each up or down with the runs' age; then those without, newest first."""
    name, sign = order.removeprefix("-"), -1 if order.startswith("-") else 1
    kind = read_field(name).kind

    def key(run: PlainRun) -> tuple[int, Any]:
        value = look_up(run, runs, name) if kind == Kind.FACT else run.own[name]
        if value is None:
            return 2, None
        if kind != Kind.FACT:
            return 0, value.encode() if isinstance(value, str) else value
        number, text = typed(value)
        return (1, str(text).encode()) if number is None else (0, number)

    def compared(one: PlainRun, other: PlainRun) -> int:
        (phase, value), (other_phase, other_value) = key(one), key(other)
        if phase != other_phase:
            return phase - other_phase
        if phase == 2:
            return other.pk - one.pk
        first, second = (value, one.pk), (other_value, other.pk)
        return sign * ((first > second) - (first < second))

    return sorted(runs, key=cmp_to_key(compared))
