"""Refused requests as entries, and what they were about: each app finds its own by the words of an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from apps.audit import origin, services
from apps.orgs.models import Org

Find = Callable[[Mapping[str, str]], Model | None]
_finders: list[Find] = []


def register_finder(find: Find) -> None:
    """Have an app find what the words of an address name; the last one to register is asked first."""
    _finders.insert(0, find)


def find_org(words: Mapping[str, str]) -> Org | None:
    """Return the org that an address names."""
    return Org.objects.filter(slug=words["org"]).first() if "org" in words else None


def record_denied(
    source: Mapping[str, Any], words: Mapping[str, str], tried: dict[str, Any]
) -> None:
    """Record a refused request; one for what is not there was no attempt on anything."""
    found = next((thing for find in _finders if (thing := find(words)) is not None), None)
    if found is None and tried["status"] == 404:
        return
    with origin.entered(origin.Origin(**source)):
        services.record("denied", found, details=tried)
