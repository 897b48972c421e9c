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
from apps.runs.predicates import expression, has_value
from apps.runs.tree import clean_text

MAX_ID = 2**63 - 1


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
    """The part of an order whose rows have values of one type; `value` is None where they have none."""

    rows: QuerySet[Any]
    run_id: str
    value: str | None
    is_descending: bool
    read_value: Callable[[Any], Any]

    def walk(self, after: Position | None, limit: int, number: int) -> list[Position]:
        """Return the positions of up to `limit` runs after one of this phase."""
        sign, beyond = ("-", "lt") if self.is_descending else ("", "gt")
        order = [f"{sign}{name}" for name in (self.value, self.run_id) if name]
        rows = self.rows.order_by(*order)
        if after is not None:
            further = Q(**{f"{self.run_id}__{beyond}": after.run_id})
            if self.value:
                # The first bound is implied by the others; it is what an index is entered by.
                further |= Q(**{f"{self.value}__{beyond}": after.value})
                further &= Q(**{f"{self.value}__{beyond}e": after.value})
            rows = rows.filter(further)
        if self.value is None:
            return [
                Position(number, None, pk)
                for pk in rows.values_list(self.run_id, flat=True)[:limit]
            ]
        return [
            Position(number, value, pk)
            for value, pk in rows.values_list(self.value, self.run_id)[:limit]
        ]


def read_order(order: str) -> Sort:
    """Read `field` or `-field`; raise Invalid `order_invalid` for what runs have no order by."""
    try:
        field = read_field(order.removeprefix("-"))
        if field.kind in {Kind.TAGS, Kind.SEARCH}:
            raise ValueError(_("runs have no order by %(field)s") % {"field": field})
    except ValueError as error:
        message = _("The order cannot be read: %(message)s.") % {"message": error}
        raise Invalid(message, code="order_invalid", fields={"order": [str(error)]}) from None
    return Sort(field, order.startswith("-"))


def phases_of(sort: Sort, key: int | None, runs: QuerySet[Run]) -> list[Phase]:
    """Return the phases of an order over `runs`; `key` is the fact key of its field, if runs have it."""
    if sort.field.kind != Kind.FACT:
        return _own_phases(sort, runs)
    matching = Exists(runs.filter(pk=OuterRef("run_id")))
    facts = Fact.objects.filter(key_id=key) if key else Fact.objects.none()
    without = ~Exists(facts.filter(run_id=OuterRef("pk")))
    found = facts.filter(matching)
    return [
        # Without the IS NOT NULL, PostgreSQL sorts NULLs first and cannot walk the index.
        Phase(
            found.filter(number__isnull=False), "run_id", "number", sort.is_descending, _read_float
        ),
        Phase(
            found.filter(number__isnull=True, text__isnull=False),
            "run_id",
            "text",
            sort.is_descending,
            _read_text,
        ),
        Phase(runs.filter(without), "pk", None, True, _read_nothing),
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
