"""The number and time formats as template filters, in the page's language and time zone."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone, translation

from apps.core import clock, formats

register = template.Library()
RUN_COLOURS = 24


def page_language() -> formats.Language:
    """Return which of the two languages the page is in."""
    return "zh" if (translation.get_language() or "").startswith("zh") else "en"


register.filter("count", formats.count)
register.filter("value", formats.value)
register.filter("config", formats.config)
register.filter("memory", formats.memory)
register.filter("storage", formats.storage)


@register.filter
def duration(seconds: float | None) -> str:
    """Write a span of time: `{{ run.duration_s|duration }}`."""
    return formats.duration(seconds, page_language())


@register.filter
def ago(then: datetime | None) -> str:
    """Write how long ago; `<ago-time>` keeps it fresh and in the visitor's time zone."""
    return formats.ago(then, clock.now(), timezone.get_current_timezone(), page_language())


@register.filter
def moment(then: datetime | None) -> str:
    """Write a day and time."""
    if then is None:
        return formats.MISSING
    return formats.moment(then, clock.now(), timezone.get_current_timezone(), page_language())


@register.filter
def run_colour(number: int) -> int:
    """Return which of the 24 run colours the run with this number has, counted from 0."""
    return (number - 1) % RUN_COLOURS


@register.filter
def initials(person: Any) -> str:
    """Return the one or two letters of a person's round mark: LW, or 林."""
    words = str(person).replace(".", " ").replace("_", " ").replace("-", " ").split()
    if not words:
        return "?"
    if ord(words[0][0]) > 0x2E80:
        return words[0][0]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])).upper()
