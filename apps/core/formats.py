"""Numbers and times as every page writes them.

static/js/formats.js writes the same strings in the browser; tests/formats.json is the table that both are
checked against. Missing is "–", minus is "−" (U+2212), a space stands before a unit. These are locale data
rather than sentences, so both languages stand here and not in the catalogue.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

Language = Literal["en", "zh"]

MISSING = "–"
MINUS = "−"
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
WORDS: dict[Language, dict[str, str]] = {
    "en": {"ms": "ms", "s": "s", "min": "min", "m_s": "min", "m": "m", "h": "h", "d": "d"},
    "zh": {"ms": "毫秒", "s": "秒", "min": "分钟", "m_s": "分", "m": "分", "h": "小时", "d": "天"},
}
SPECIAL = {"NaN": "NaN", "Infinity": "∞", "-Infinity": f"{MINUS}∞"}


def _fixed(number: float, decimals: int) -> str:
    """Round half away from zero, as JavaScript's toFixed does, with commas and a true minus."""
    step = Decimal(1).scaleb(-decimals)
    digits = f"{abs(Decimal(number)).quantize(step, ROUND_HALF_UP):,f}"
    is_negative = number < 0 and any(digit in "123456789" for digit in digits)
    return f"{MINUS}{digits}" if is_negative else digits


def _exponent(number: float) -> str:
    mantissa, power = f"{abs(number):.2e}".split("e")
    sign = MINUS if power.startswith("-") else ""
    head = mantissa.rstrip("0").rstrip(".")
    return f"{MINUS if number < 0 else ''}{head}e{sign}{int(power[1:])}"


def _decimals_of(number: float) -> int | None:
    """How many decimals show `number` well; None asks for an exponent."""
    size = abs(number)
    if size >= 1e15:
        return None
    if number == int(number):
        return 0
    if size >= 100:
        return 1
    if size >= 10:
        return 2
    return 4 if size >= 0.001 else None


def count(number: float | None) -> str:
    """Write a count: 1,204,330."""
    return MISSING if number is None else _fixed(number, 0)


def value(item: Any, decimals: int | None = None) -> str:
    """Write a metric's value. NaN and infinities may come as the strings that JSON has for them."""
    if item is None:
        return MISSING
    if isinstance(item, float) and not math.isfinite(item):
        item = "NaN" if math.isnan(item) else "Infinity" if item > 0 else "-Infinity"
    if isinstance(item, bool):
        return str(item).lower()
    if isinstance(item, int | float):
        places = _decimals_of(item) if decimals is None else decimals
        return _exponent(item) if places is None else _fixed(item, places)
    if isinstance(item, str):
        return SPECIAL.get(item, item)
    return json.dumps(item, ensure_ascii=False)


def config(item: Any) -> str:
    """Write a config value in full: whole numbers with commas, other numbers as they were given."""
    if item is None:
        return "null"
    if isinstance(item, bool | str) or not isinstance(item, int | float):
        return value(item)
    if isinstance(item, int) or not math.isfinite(item):
        return value(item, 0) if isinstance(item, int) else value(item)
    text = repr(item).replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    return text.replace("-", MINUS)


def _sized(size_bytes: float | None, base: int, units: list[str]) -> str:
    if size_bytes is None:
        return MISSING
    size, unit = float(size_bytes), 0
    while size >= base - 0.5 and unit < len(units) - 1:
        size /= base
        unit += 1
    if unit == 0:
        return f"{_fixed(size, 0)} B"
    return f"{_fixed(size, 2 if size < 9.995 else 1 if size < 99.95 else 0)} {units[unit]}"


def memory(size_bytes: float | None) -> str:
    """Write an amount of memory in binary units: 68.4 GiB."""
    return _sized(size_bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"])


def storage(size_bytes: float | None) -> str:
    """Write an amount of disk in decimal units: 1.84 TB."""
    return _sized(size_bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB"])


def duration(seconds: float | None, language: Language = "en") -> str:
    """Write a span of time in two parts at most, rounded down: 6 h 04 m."""
    if seconds is None:
        return MISSING
    word = WORDS[language]
    if seconds <= 0:
        return f"0 {word['s']}"
    if seconds < 1:
        return f"{math.floor(seconds * 1000 + 1e-6)} {word['ms']}"
    if seconds < 10:
        return f"{math.floor(seconds * 10 + 1e-6) / 10:.1f} {word['s']}"
    whole = math.floor(seconds)
    minutes, hours = whole // 60, whole // 3600
    if whole < 60:
        return f"{whole} {word['s']}"
    if whole < 600 and whole % 60:
        return f"{minutes} {word['m_s']} {whole % 60:02} {word['s']}"
    if minutes < 60:
        return f"{minutes} {word['min']}"
    if hours < 24:
        return f"{hours} {word['h']} {minutes % 60:02} {word['m']}"
    return f"{hours // 24} {word['d']} {hours % 24:02} {word['h']}"


def moment(then: datetime, now: datetime, zone: tzinfo, language: Language = "en") -> str:
    """Write a day and time: Nov 18, 15:32; another year's day without the time."""
    at = then.astimezone(zone)
    is_this_year = at.year == now.astimezone(zone).year
    if language == "zh":
        day = f"{at.month} 月 {at.day} 日"
        return f"{day} {at:%H:%M}" if is_this_year else f"{at.year} 年 {day}"
    day = f"{MONTHS[at.month - 1]} {at.day}"
    return f"{day}, {at:%H:%M}" if is_this_year else f"{day}, {at.year}"


def ago(then: datetime | None, now: datetime, zone: tzinfo, language: Language = "en") -> str:
    """Write how long ago: 2 s ago, 4 min ago, 1 h ago, yesterday, then the day and time."""
    if then is None:
        return MISSING
    is_zh = language == "zh"
    seconds = (now - then).total_seconds()
    # A clock that is a little ahead must not give "in 3 s".
    if seconds < 2:
        return "刚刚" if is_zh else "just now"
    if seconds < 60:
        return f"{int(seconds)} 秒前" if is_zh else f"{int(seconds)} s ago"
    if seconds < 3600:
        return f"{int(seconds // 60)} 分钟前" if is_zh else f"{int(seconds // 60)} min ago"
    days = (now.astimezone(zone).date() - then.astimezone(zone).date()).days
    if days == 0 or seconds < 12 * 3600:
        hours = int(seconds // 3600)
        return f"{hours} 小时前" if is_zh else f"{hours} h ago"
    if days == 1:
        return "昨天" if is_zh else "yesterday"
    return moment(then, now, zone, language)
