"""The metric engine in plain Python: a list of rows. What the real one is compared with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Number = float


@dataclass
class PlainRow:
    stream: int  # in the order in which streams appeared
    number: int
    step: int
    time: float
    numbers: dict[str, float]
    objects: dict[str, Any]


@dataclass
class PlainRun:
    """All rows of a run in the order of their arrival."""

    streams: list[UUID] = field(default_factory=list)
    next_rows: list[int] = field(default_factory=list)
    rows: list[PlainRow] = field(default_factory=list)

    def append(self, stream: UUID, rows: list[tuple[int, float, dict[str, Any]]]) -> None:
        if stream not in self.streams:
            self.streams.append(stream)
            self.next_rows.append(0)
        place = self.streams.index(stream)
        for step, time, values in rows:
            numbers = {k: float(v) for k, v in values.items() if isinstance(v, int | float)}
            objects = {k: v for k, v in values.items() if not isinstance(v, int | float)}
            self.rows.append(PlainRow(place, self.next_rows[place], step, time, numbers, objects))
            self.next_rows[place] += 1

    def truncate(self, step: int) -> None:
        self.rows = [row for row in self.rows if row.step < step]

    def truncate_stream(self, stream: UUID, number: int) -> None:
        if stream in self.streams:
            place = self.streams.index(stream)
            self.rows = [r for r in self.rows if r.stream != place or r.number < number]
            self.next_rows[place] = min(self.next_rows[place], number)

    @property
    def ordered(self) -> list[PlainRow]:
        """Sorted by step, then stream, then arrival."""
        return sorted(self.rows, key=lambda row: (row.step, row.stream, row.number))

    def line(self, key: str) -> list[tuple[int, float, float]]:
        """Return (step, time, value): of one step the last one counts."""
        found = {r.step: (r.step, r.time, r.numbers[key]) for r in self.ordered if key in r.numbers}
        return [found[step] for step in sorted(found)]

    def merged(self) -> list[tuple[int, float, dict[str, Any]]]:
        merged: dict[int, tuple[int, float, dict[str, Any]]] = {}
        for row in self.ordered:
            values = merged[row.step][2] if row.step in merged else {}
            merged[row.step] = (row.step, row.time, {**values, **row.numbers, **row.objects})
        return [merged[step] for step in sorted(merged)]

    def keys(self) -> set[str]:
        return {key for row in self.rows for key in (*row.numbers, *row.objects)}

    def finite(self, key: str) -> list[float]:
        values = [row.numbers[key] for row in self.rows if key in row.numbers]
        return [value for value in values if math.isfinite(value)]
