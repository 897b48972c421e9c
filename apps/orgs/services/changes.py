"""What every write of this app has in common."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.orgs import events
from apps.orgs.models import User


def announce_access_changed(user_id: int) -> None:
    """After the commit, make caches and sockets forget what this person may do."""
    transaction.on_commit(lambda: events.access_changed.send(sender=User, user_id=user_id))


def only(changes: dict[str, Any], allowed: frozenset[str]) -> None:
    """Raise ValueError for a field that no door may set: a bug, and better loud than a hole."""
    if not changes.keys() <= allowed:
        raise ValueError(f"not to be changed here: {sorted(changes.keys() - allowed)}")
