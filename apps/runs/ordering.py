"""Orders of runs, walked page by page.

An order is a few phases, one after the other: the runs with a number, those with a text, those with
neither (newest first, in either direction). Each walks an index from where the page before ended, so that
a page costs the same wherever it is; runs of equal value go by age, so that each has one place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import Invalid, Malformed
from apps.core.rest import decode_cursor, encode_cursor
from apps.runs.fields import Field, Kind, read_field
from apps.runs.models import Fact, Run
from apps.runs.predicates import expression, has_value, narrowing
from apps.runs.sql import Probe, Unindexed
from apps.runs.tree import Tree, clean_text, ended_once

MAX_ID = 2**63 - 1
WINDOW = 2_000


class Position(NamedTuple):
    """Where a page ends: the phase, the value that it is ordered by there, and the run."""

    phase: int
    value: Any
    run_id: int


@dataclass(frozen=True, slots=True)
class Sort:
    """A field to order by, and the direction."""

    field: Field
    is_descending: bool

    def __str__(self) -> str:
        return f"{'-' if self.is_descending else ''}{self.field}"


@dataclass(frozen=True, slots=True)
class Phase:
    """The part of an order whose rows have values of one type: runs, or facts of one key.

    `value` and `run_id` name what it goes by; `value` is None where there is none. `matching` are the runs
    to keep of facts; None where the rows are those runs already.
    """

    rows: QuerySet[Any]
    run_id: str
    value: str | None
    is_descending: bool
    read_value: Callable[[Any], Any]
    matching: QuerySet[Run] | None = None

    def walk(self, after: Position | None, limit: int, number: int) -> list[Position]:
        """Return the positions of up to `limit` runs after one of this phase."""
        sign = "-" if self.is_descending else ""
        rows = self.rows.order_by(*(f"{sign}{name}" for name in (self.value, self.run_id) if name))
        before, beyond = ("gt", "lt") if self.is_descending else ("lt", "gt")
        if after is not None:
            rows = rows.filter(self._side(after, beyond))
        if self.matching is None:
            return self._read(rows, limit, number)
        # Where enough runs match, the first facts hold a page of them, found by a look at each one's run.
        # Where few do, or only far ones, finding them all first is what stays within bounds.
        probe = Probe(self.matching.filter(pk=OuterRef("run_id")))
        fence = next(iter(self._read(rows[WINDOW:], 1, number)), None)
        if fence is None:
            return self._read(rows.filter(probe), limit, number)
        found = self._read(rows.filter(self._side(fence, before), probe), limit, number)
        if len(found) < limit:
            walked = rows.filter(self._side(fence, f"{beyond}e")).alias(run_pk=Unindexed("run_id"))
            rest = walked.filter(run_pk__in=self.matching.values("pk"))
            found += self._read(rest, limit - len(found), number)
        return found

    def _read(self, rows: QuerySet[Any], limit: int, number: int) -> list[Position]:
        if self.value is None:
            run_ids = rows.values_list(self.run_id, flat=True)[:limit]
            return [Position(number, None, run_id) for run_id in run_ids]
        pairs = rows.values_list(self.value, self.run_id)[:limit]
        return [Position(number, value, run_id) for value, run_id in pairs]

    def _side(self, position: Position, lookup: str) -> Q:
        """Return the rows on one side of a position: lt or gt, lte or gte with its own."""
        side = Q(**{f"{self.run_id}__{lookup}": position.run_id})
        if self.value:
            strictly = f"{self.value}__{lookup[:2]}"
            side |= Q(**{strictly: position.value})
            # Implied by the others, and what an index is entered by.
            side &= Q(**{f"{strictly}e": position.value})
        return side


def read_order(order: str) -> Sort:
    """Read `field` or `-field`; raise Invalid `order_invalid` for what runs have no order by."""
    try:
        field = read_field(order.removeprefix("-"))
        if field.kind in {Kind.TAGS, Kind.SEARCH}:
            raise ValueError(_("runs have no order by %(field)s") % {"field": field})
    except ValueError as error:
        message = _("The order cannot be read: %(message)s.") % {"message": error}
        raise Invalid(
            ended_once(message), code="order_invalid", fields={"order": [str(error)]}
        ) from None
    return Sort(field, order.startswith("-"))


def phases_of(sort: Sort, key: int | None, runs: QuerySet[Run], tree: Tree | None) -> list[Phase]:
    """Return the phases of an order over `runs`, which are those that a tree is true of.

    `key` is the fact key of the order's field, None where no run has it.
    """
    if sort.field.kind != Kind.FACT:
        return _own_phases(sort, runs)
    facts = Fact.objects.filter(key_id=key) if key else Fact.objects.none()
    # What the tree says of the same field is where to enter and leave the index.
    narrowed = facts.filter(narrowing(tree, sort.field))
    # IS NOT NULL also lets PostgreSQL walk the index, whose end holds the NULLs.
    numbers = narrowed.filter(number__isnull=False)
    texts = narrowed.filter(number__isnull=True, text__isnull=False)
    without = runs.filter(~Exists(facts.filter(run_id=OuterRef("pk"))))
    return [
        Phase(numbers, "run_id", "number", sort.is_descending, _read_float, runs),
        Phase(texts, "run_id", "text", sort.is_descending, _read_text, runs),
        Phase(without, "pk", None, True, _read_nothing),
    ]


def _own_phases(sort: Sort, runs: QuerySet[Run]) -> list[Phase]:
    read_value = _READERS[sort.field.kind]
    given = has_value(sort.field)
    valued = runs.filter(given).annotate(sort_value=expression(sort.field))
    phases = [Phase(valued, "pk", "sort_value", sort.is_descending, read_value)]
    if given:
        phases.append(Phase(runs.filter(~given), "pk", None, True, _read_nothing))
    return phases


def write_cursor(sort: Sort, position: Position) -> str:
    """Pack a position as REST's opaque cursor."""
    phase, value, run_id = position
    value = value.isoformat() if isinstance(value, datetime) else value
    return encode_cursor([str(sort), phase, value, run_id])


def read_cursor(cursor: str, sort: Sort, phases: list[Phase]) -> Position:
    """Unpack a cursor of this order; raise Malformed for any other."""
    try:
        order, phase, value, run_id = decode_cursor(cursor)
        if order != str(sort) or not 0 <= _read_integer(run_id) <= MAX_ID:
            raise ValueError
        if not 0 <= _read_integer(phase) < len(phases):
            raise ValueError
        return Position(phase, phases[phase].read_value(value), run_id)
    except (ValueError, TypeError, OverflowError):
        raise Malformed(
            "The cursor is not one of this order. Start again without it.", code="cursor_invalid"
        ) from None


def _read_integer(value: Any) -> int:
    if type(value) is not int or abs(value) > MAX_ID:
        raise ValueError
    return value


def _read_float(value: Any) -> float:
    if type(value) not in {int, float} or math.isnan(value):
        raise ValueError
    return float(value)


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return clean_text(value)


def _read_date(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return at


def _read_nothing(value: Any) -> None:
    if value is not None:
        raise ValueError


_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _read_text,
    Kind.STATE: _read_text,
    Kind.INTEGER: _read_integer,
    Kind.DATE: _read_date,
    Kind.DURATION: _read_float,
}
