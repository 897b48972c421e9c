"""Words for what entries hold."""

from __future__ import annotations

import json
from typing import Any

from django import template

from apps.audit.models import Entry
from apps.audit.words import ACTIONS, DOORS

register = template.Library()


@register.filter
def action_word(entry: Entry) -> str:
    """Return what was done, in words."""
    return str(ACTIONS.get(entry.action, entry.action))


@register.filter
def door_word(entry: Entry) -> str:
    """Return the way that was taken, in a word."""
    return str(DOORS.get(entry.door, entry.door))  # type: ignore[call-overload]  # stored as text


@register.filter
def differences(entry: Entry) -> list[tuple[str, str, str]]:
    """Return (field, before, after) of what was changed, and (name, "", value) of what else is known."""
    changed = [(name, _text(old), _text(new)) for name, (old, new) in (entry.changes or {}).items()]
    known = [(name, "", _text(value)) for name, value in (entry.additional_data or {}).items()]
    return changed + known


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
