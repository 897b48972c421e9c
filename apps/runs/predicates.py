"""Trees of conditions as SQL predicates on runs.

Every condition is true or false, never null: it is true for runs that have a value of the field for which
it holds, so `!=`, `!~` and `not in` are false where there is no value, and `not` turns any condition round.
Conditions on facts are EXISTS, since PostgreSQL cannot hash an IN below an OR once it is large.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import Combinable
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
)

from apps.runs.facts import Place, to_value
from apps.runs.fields import Field, Kind, read_field
from apps.runs.literals import read_moment
from apps.runs.models import Fact, RunTag
from apps.runs.patterns import read_pattern
from apps.runs.sql import Contains, DurationS, Matches, PlainText, Probe
from apps.runs.tree import Tree

COLUMNS: dict[str, str] = {
    "state": "state",
    "name": "name",
    "id": "short_id",
    "uid": "uid",
    "number": "number",
    "user": "created_by__username",
    "group": "group",
    "job_type": "job_type",
    "notes": "notes",
    "created": "created_at",
    "started": "started_at",
    "ended": "ended_at",
    "heartbeat": "heartbeat_at",
    "step": "last_step",
    "exit_code": "exit_code",
}
# PostgreSQL makes joins of EXISTS, and takes longer to plan them than to run them once they are many.
MAX_JOINED = 5
NULLABLE = frozenset({"user", "ended", "step", "exit_code"})
_NOTHING = Q(pk__in=[])
_OPPOSITES = {"!=": "=", "!~": "~", "not in": "in", "is null": "is not null"}
_COMPARISONS: dict[str, Any] = {
    "=": Exact,
    "<": LessThan,
    "<=": LessThanOrEqual,
    ">": GreaterThan,
    ">=": GreaterThanOrEqual,
    "in": In,
}
_LOOKUPS = {"=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "in": "in"}
_MAX_INTEGER = 2**63 - 1


def fields_of(tree: Tree | None) -> Iterator[Field]:
    """Yield the field of each condition."""
    if tree is None:
        return
    if "field" in tree:
        yield read_field(tree["field"])
    for child in [*tree.get("and", []), *tree.get("or", []), tree.get("not")]:
        yield from fields_of(child)


@dataclass(frozen=True, slots=True)
class _Context:
    """What a condition is written with: the project's keys, the time, and the form of EXISTS."""

    keys: Mapping[Place, int]
    now: datetime
    exists: type[Exists]


def to_q(tree: Tree, keys: Mapping[Place, int], now: datetime) -> Q:
    """Return the predicate on runs of a checked tree.

    `keys` are the project's keys of the places that its fields name; a key that is not there is a field
    that no run has.
    """
    are_many = sum(1 for _field in fields_of(tree)) > MAX_JOINED
    return _node(tree, _Context(keys, now, Probe if are_many else Exists))


def _node(tree: Tree, context: _Context) -> Q:
    if "and" in tree:
        return reduce(and_, (_node(child, context) for child in tree["and"]))
    if "or" in tree:
        return reduce(or_, (_node(child, context) for child in tree["or"]))
    if "not" in tree:
        return ~_node(tree["not"], context)
    field, op = read_field(tree["field"]), tree["op"]
    value: Any = tree.get("value")
    if field.kind == Kind.FACT:
        return _fact(find_key(field, context.keys), op, value, context.exists)
    if field.kind == Kind.SEARCH:
        tags = RunTag.objects.filter(Contains("name", value), run=OuterRef("pk"))
        is_tagged = Q(context.exists(tags))
        return Q(Contains("name", value)) | Q(Contains("short_id", value)) | is_tagged
    if field.kind == Kind.TAGS:
        return _tags(op, value, context.exists)
    return _own(field, op, value, context.now)


def find_key(field: Field, keys: Mapping[Place, int]) -> int | None:
    """Return the key of the first of the field's places that the project has."""
    return next((keys[place] for place in field.places if place in keys), None)


def expression(field: Field) -> Combinable:
    """Return the value of one of a run's own fields."""
    if field.kind == Kind.DURATION:
        return DurationS()
    column = F(COLUMNS[field.name])
    return PlainText(column) if field.name == "user" else column


def has_value(field: Field) -> Q:
    """Return the predicate of the runs that have one of their own fields; an empty text is a value."""
    return Q(**{f"{COLUMNS[field.name]}__isnull": False}) if field.name in NULLABLE else Q()


def _own(field: Field, op: str, value: Any, now: datetime) -> Q:
    if op in _OPPOSITES and op != "is null":
        return has_value(field) & ~_own(field, _OPPOSITES[op], value, now)
    if op in {"is null", "is not null"}:
        return _is_given(field, op)
    if op in {"~", "has"}:
        column = COLUMNS[field.name]
        found = Matches(column, read_pattern(value)) if op == "~" else Contains(column, value)
        return has_value(field) & Q(found)
    if field.kind == Kind.DATE:
        return has_value(field) & _date(field, op, value, now)
    if field.kind == Kind.INTEGER:
        return has_value(field) & _integer(field, op, value)
    return has_value(field) & Q(_COMPARISONS[op](expression(field), value))


def _is_given(field: Field, op: str) -> Q:
    if field.kind == Kind.TEXT and field.name != "user":
        is_given = ~Q(**{COLUMNS[field.name]: ""})
    else:
        is_given = has_value(field) or ~_NOTHING
    return is_given if op == "is not null" else ~is_given


def _date(field: Field, op: str, value: str, now: datetime) -> Q:
    moment = read_moment(value, now)
    if moment is None:  # Checked when the tree was; a span may have outlived the calendar since.
        return _NOTHING
    start, end = moment
    column = COLUMNS[field.name]
    if op == "=":
        return Q(**{f"{column}__gte": start, f"{column}__lt": end})
    lookup, bound = {
        "<": ("lt", start),
        "<=": ("lt", end),
        ">": ("gte", end),
        ">=": ("gte", start),
    }[op]
    return Q(**{f"{column}__{lookup}": bound})


def _integer(field: Field, op: str, value: Any) -> Q:
    """Compare a column of whole numbers with any number, without rounding it into another one."""
    column = COLUMNS[field.name]
    if op == "in":
        same = [int(item) for item in value if _is_whole(item)]
        return Q(**{f"{column}__in": same})
    if op == "=":
        return Q(**{column: int(value)}) if _is_whole(value) else _NOTHING
    if abs(value) > _MAX_INTEGER:
        return ~_NOTHING if (value > 0) == op.startswith("<") else _NOTHING
    bound = math.floor(value) if op in {">", "<="} else math.ceil(value)
    return Q(**{f"{column}__{_LOOKUPS[op]}": bound})


def _is_whole(value: float) -> bool:
    return abs(value) <= _MAX_INTEGER and value == math.floor(value)


def _tags(op: str, value: Any, exists: type[Exists]) -> Q:
    tags = RunTag.objects.filter(run=OuterRef("pk"))
    if op in _OPPOSITES:
        is_other = ~_tags(_OPPOSITES[op], value, exists)
        return is_other if op == "is null" else Q(exists(tags)) & is_other
    if op == "has":
        tags = tags.filter(name=value)
    elif op == "in":
        tags = tags.filter(name__in=value)
    elif op == "~":
        tags = tags.filter(Matches("name", read_pattern(value)))
    return Q(exists(tags))


def _fact(key: int | None, op: str, value: Any, exists: type[Exists]) -> Q:
    if key is None:
        return ~_NOTHING if op == "is null" else _NOTHING
    facts = Fact.objects.filter(key_id=key, run_id=OuterRef("pk"))
    if op == "is null":
        return ~Q(exists(facts))
    if op == "is not null":
        return Q(exists(facts))
    if op in _OPPOSITES:
        return Q(exists(facts.exclude(_fact_condition(_OPPOSITES[op], value))))
    return Q(exists(facts.filter(_fact_condition(op, value))))


def narrowing(tree: Tree | None, field: Field) -> Q:
    """Return what a tree asks of the facts of one field wherever it is true: part of it, or nothing."""
    nodes = [] if tree is None else tree.get("and", [tree])
    return reduce(
        and_,
        (
            _fact_condition(node["op"], node["value"])
            for node in nodes
            if node.get("op") in _LOOKUPS and read_field(node["field"]) == field
        ),
        Q(),
    )


def _fact_condition(op: str, value: Any) -> Q:
    if op == "~":
        return Q(text__isnull=False) & Q(Matches("text", read_pattern(value)))
    if op == "has":
        return Q(text__isnull=False) & Q(Contains("text", value))
    if op == "in":
        return reduce(or_, (_fact_in(column, value) for column in ("number", "text")))
    column, operand = _operand(value)
    return Q(**{f"{column}__{_LOOKUPS[op]}": operand})


def _fact_in(column: str, values: list[Any]) -> Q:
    operands = [operand for item in values for name, operand in [_operand(item)] if name == column]
    return Q(**{f"{column}__in": operands})


def _operand(value: Any) -> tuple[str, Any]:
    """Return the column that a value is compared in, and the value there: true is the word "true"."""
    fact = to_value(value)
    return ("number", fact.number) if fact.text is None else ("text", fact.text)
