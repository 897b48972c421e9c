"""Numbers, spans and dates of the query language."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from apps.runs.literals import read_moment, read_number, read_span_s

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("-3", -3),
        ("+0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 0.001),
        ("1E+3", 1000.0),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1e999", math.inf),
    ],
)
def test_numbers(text: str, number: float) -> None:
    assert read_number(text) == number
    assert type(read_number(text)) is type(number)


@pytest.mark.parametrize("text", ["", "-", "1e", "1_000", "0x10", "nan", "１２", "7d", "1" * 5000])
def test_what_is_no_number(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("0.5d", 43200), ("2w", 1209600)]
)
def test_spans(text: str, seconds: float) -> None:
    assert read_span_s(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "s", "1y", "-1d", "9999999w", "1" * 400 + "d"])
def test_what_is_no_span(text: str) -> None:
    assert read_span_s(text) is None


def test_a_day_lasts_a_day() -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    assert read_moment("2026-11-20", NOW) == (start, start + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-20T10:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20 10:00:30", datetime(2026, 11, 20, 10, 0, 30, tzinfo=UTC)),
        ("2026-11-20T10:00+08:00", datetime(2026, 11, 20, 2, tzinfo=UTC)),
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("7d", NOW - timedelta(days=7)),
        ("now", NOW),
    ],
)
def test_a_time_is_an_instant(text: str, at: datetime) -> None:
    assert read_moment(text, NOW) == (at, at + INSTANT)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13-01", "9999-12-31", "0001-01-01T00:00+14:00", "2026-11-20T25:00"],
)
def test_what_is_no_date(text: str) -> None:
    assert read_moment(text, NOW) is None
