"""Numbers, spans of time and dates as the query language writes them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_INFINITY = re.compile(r"([+-]?)inf(?:inity)?\Z", re.IGNORECASE)
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+\Z", re.ASCII)
_SPAN_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.ASCII)
_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MAX_DIGITS = 400  # More than any float has; keeps int() from being given a book.
_LONGEST_S = 100 * 366 * 86_400.0


def read_number(text: str) -> int | float | None:
    """Return the number that `text` writes, `inf` included; None when it writes none."""
    if infinity := _INFINITY.match(text):
        return float(f"{infinity[1]}inf")
    if not _NUMBER.match(text) or len(text) > _MAX_DIGITS:
        return None
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def read_span_s(text: str) -> float | None:
    """Return the seconds of a span such as `90s`, `1h30m` or `7d`; None when it is none or over a century."""
    if not _SPAN.match(text):
        return None
    seconds = sum(float(count) * _UNITS_S[unit] for count, unit in _SPAN_PART.findall(text))
    return seconds if seconds <= _LONGEST_S else None


def read_moment(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the first instant of a date, and the first after it; None when `text` is no date.

    A day (`2026-11-21`) lasts a day; a time (`2026-11-21T10:00`, UTC where no offset is given), `now` and
    `7d` (ago) last a microsecond, the databases' resolution.
    """
    seconds = read_span_s(text)
    if seconds is not None or text == "now":
        return _instant(now - timedelta(seconds=seconds or 0))
    try:
        if len(text) == len("2026-11-21"):
            day = date.fromisoformat(text)
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return start, start + timedelta(days=1)
        at = datetime.fromisoformat(text)
        return _instant(at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _instant(at: datetime) -> tuple[datetime, datetime]:
    return at, at + timedelta(microseconds=1)
