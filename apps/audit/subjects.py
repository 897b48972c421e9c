"""Which models are audited, and what their changes are called.

An app registers its models in its `AppConfig.ready`; django-auditlog then sees every `save` and `delete` of them.
What goes past these (a queryset's `update`, `bulk_create`) is recorded by `services.record`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditlog.models import AbstractLogEntry
from auditlog.registry import auditlog
from django.db.models import Model

Place = Callable[[Any], int | None]
OPERATIONS = AbstractLogEntry.Action
VERBS = {OPERATIONS.CREATE: "create", OPERATIONS.UPDATE: "update", OPERATIONS.DELETE: "delete"}


@dataclass(frozen=True)
class Subject:
    """How a model is audited: `noun` begins its actions' codes, as in run.update.

    `verbs` replace create, update and delete. `switches` name what it means that a field is set or cleared:
    {"deleted_at": ("delete", "restore")}. `values` name what it means that a
    field has come to a value: {"state": {"finished": "finish"}}.
    """

    noun: str
    org: Place
    project: Place
    verbs: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def code_of(self, operation: int, changes: Mapping[str, Any]) -> str:
        """Name what was done, as in member.add."""
        if operation == OPERATIONS.UPDATE:
            for name, (when_set, when_cleared) in self.switches.items():
                if name in changes:
                    return f"{self.noun}.{when_set if changes[name][1] else when_cleared}"
            for name, verbs in self.values.items():
                if name in changes and changes[name][1] in verbs:
                    return f"{self.noun}.{verbs[changes[name][1]]}"
        verb = VERBS[operation]
        return f"{self.noun}.{self.verbs.get(verb, verb)}"


_subjects: dict[type[Model], Subject] = {}


def nowhere(_instance: Any) -> None:
    """The place of what belongs to no org, or to no project."""


def register(
    model: type[Model],
    noun: str,
    *,
    exclude: set[str] | None = None,
    org: Place = nowhere,
    project: Place = nowhere,
    verbs: Mapping[str, str] | None = None,
    switches: Mapping[str, tuple[str, str]] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Have every change of a model recorded, but that of the fields in `exclude`: secrets, and noise."""
    fields = {field.name for field in model._meta.concrete_fields} - (exclude or set())
    _subjects[model] = Subject(noun, org, project, verbs or {}, switches or {}, values or {})
    auditlog.register(model, include_fields=sorted(fields - {"id"}))


def subject_of(instance: Model) -> Subject | None:
    """Return how an object's model is audited; None for one that is not."""
    return _subjects.get(type(instance))
