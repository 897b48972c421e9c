"""Which entries somebody looks for, and the pages and batches they come in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.models import Q
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from apps.audit.models import Entry, EntryQuerySet
from apps.core.errors import Invalid, Malformed
from apps.core.rest import decode_cursor, encode_cursor
from apps.core.text import is_storable

TEXT_FILTERS = {
    "who": "actor_name",
    "action": "action",
    "door": "door",
    "object_type": "object_type",
    "object_id": "object_pk",
}
NUMBER_FILTERS = {"project_id": "project_id", "key_id": "key_id"}
FILTERS = (*TEXT_FILTERS, *NUMBER_FILTERS, "address", "from", "to", "q")
EXPORT_BATCH = 1_000


@dataclass(frozen=True)
class EntryPage:
    """Some entries, the newest first, and the cursor of those that follow."""

    entries: list[Entry]
    next: str | None


def matching(entries: EntryQuerySet, asked: Mapping[str, str]) -> EntryQuerySet:
    """Keep the entries that fit the filters; raise Invalid for one that cannot be used."""
    for name in FILTERS:
        value = asked.get(name, "").strip()
        if not is_storable(value) or len(value) > 300:
            raise _unusable(name, value)
        if value:
            entries = entries.filter(_condition(name, value))
    return entries


def _condition(name: str, value: str) -> Q:
    if name in TEXT_FILTERS:
        return Q(**{TEXT_FILTERS[name]: value})
    if name in NUMBER_FILTERS:
        return Q(**{NUMBER_FILTERS[name]: _number(name, value)})
    if name == "address":
        return Q(remote_addr=_address(value))
    if name == "from":
        return Q(timestamp__gte=_time(name, value))
    if name == "to":
        return Q(timestamp__lt=_time(name, value))
    return Q(object_repr__icontains=value) | Q(action__icontains=value)


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise _unusable(name, value)
    return int(value)


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise _unusable("address", value) from None


def _time(name: str, value: str) -> datetime:
    """Read a time, or a day in UTC: as `to`, the day is meant as a whole."""
    try:
        day = parse_date(value)
        at = None if day is not None else parse_datetime(value)
        if day is not None:
            at = datetime.combine(day, time(), UTC) + timedelta(days=int(name == "to"))
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise _unusable(name, value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _unusable(name: str, value: str) -> Invalid:
    shown = value[:100].replace("\0", "")
    return Invalid(_("This filter cannot be used."), fields={name: [shown]})


def newest(entries: EntryQuerySet, cursor: str | None, limit: int) -> EntryPage:
    """Return the first `limit` entries after a cursor; raise Malformed for a cursor that is not ours."""
    found = list(_after(entries, cursor)[: limit + 1])
    following = cursor_of(found[limit - 1]) if len(found) > limit else None
    return EntryPage(found[:limit], following)


def cursor_of(entry: Entry) -> str:
    """Return the place after an entry."""
    return encode_cursor([entry.timestamp.isoformat(), entry.pk])


def _after(entries: EntryQuerySet, cursor: str | None) -> EntryQuerySet:
    if cursor:
        text, number = decode_cursor(cursor, str, int)
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None or not 0 <= number < 2**63:
            raise Malformed("The cursor is not one that this server gave. Start again without it.")
        # In this form both databases walk the index to the place; an OR of two conditions they would not.
        entries = entries.filter(timestamp__lte=at).exclude(timestamp=at, pk__gte=number)
    return entries.order_by("-timestamp", "-pk")


def batches(entries: EntryQuerySet) -> Iterator[list[Entry]]:
    """Yield all entries, the newest first, some at a time, so that no export holds them all."""
    cursor: str | None = None
    while True:
        page = newest(entries, cursor, EXPORT_BATCH)
        if page.entries:
            yield page.entries
        if page.next is None:
            return
        cursor = page.next
