"""Every write to the audit log: adding an entry. Sealing, cutting and forwarding are in their own modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from apps.audit import origin, subjects
from apps.audit.models import Entry
from apps.core import json_values
from apps.orgs.actor import Actor

TEXT_LENGTH = 2_000
LIST_LENGTH = 200
NOTHING: tuple[Any, ...] = (None, "", [], {})
Changes = Mapping[str, tuple[Any, Any] | list[Any]]


def record(
    action: str,
    about: Model | None = None,
    *,
    actor: Actor | None = None,
    org_id: int | None = None,
    project_id: int | None = None,
    changes: Changes | None = None,
    details: Mapping[str, Any] | None = None,
    name: str = "",
) -> Entry:
    """Add what happened, in the transaction that it happened in.

    `about` is the object that it happened to, and says which org and project it belongs to; where there is none,
    or none that may be named, `org_id`, `project_id` and `name` say so. `changes` are {field: (before, after)};
    `actor` is for those moments in which the request does not yet, or no more, stand for them.
    """
    source = origin.current()
    subject = subjects.subject_of(about) if about is not None else None
    if about is not None and subject is not None:
        org_id = subject.org(about) if org_id is None else org_id
        project_id = subject.project(about) if project_id is None else project_id
    entry = Entry(
        action=action,
        actor_id=actor.user_id if actor else source.user_id,
        actor_name=actor.username if actor else source.username,
        key_id=actor.key_id if actor else source.key_id,
        door=source.door,
        remote_addr=source.address,
        client=source.client,
        object_type=about._meta.label_lower if about is not None else "",
        object_pk=str(about.pk) if about is not None else "",
        object_repr=short(name or (str(about) if about is not None else ""), 300),
        org_id=org_id,
        project_id=project_id,
        changes={
            key: [storable(before), storable(after)] for key, (before, after) in changes.items()
        }
        if changes
        else None,
        additional_data=storable(dict(details)) if details else None,
    )
    entry.save(force_insert=True)
    return entry


def record_change(instance: Model, operation: int, changes: Changes, **signal: Any) -> None:
    """Add what django-auditlog has seen of a registered model. Connected to `events.change_seen`."""
    subject = subjects.subject_of(instance)
    if subject is None:
        raise LookupError(f"{instance._meta.label} is not registered with apps.audit.subjects")
    real = {
        key: (before, after)
        for key, (before, after) in sorted(changes.items())
        if not (before in NOTHING and after in NOTHING)
    }
    record(subject.code_of(operation, real), instance, changes=real)


def storable(value: Any) -> Any:
    """Return a value as JSON that both databases store, long texts and lists cut short."""
    if isinstance(value, str):
        return json_values.encode(short(value, TEXT_LENGTH))
    if isinstance(value, Mapping):
        return {str(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else list(value)
        return [storable(item) for item in items[:LIST_LENGTH]]
    if value is None or isinstance(value, bool | int | float):
        return json_values.encode(value)
    return storable(str(value))


def short(text: str, length: int) -> str:
    """Cut a text to `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"
