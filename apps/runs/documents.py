"""Every write to a run's documents: its config, its summary, and what was said of its metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.core import json_values
from apps.core.errors import Invalid, LimitExceeded
from apps.runs import events, facts
from apps.runs.models import ConfigChange, RunDocument

MAX_BYTES = 4 << 20  # Of each document, as JSON.


@transaction.atomic
def update_config(
    *,
    run_id: int,
    author_id: int | None,
    set_values: dict[str, Any] | None = None,
    delete_paths: list[list[str]] | None = None,
) -> int:
    """Merge values into a run's config, then delete paths from it; return the config's version.

    A change that changes nothing makes no version. Raises Invalid, LimitExceeded.
    """
    document = _lock(run_id)
    before = json_values.decode(document.config)
    config = json_values.merge(before, set_values or {})
    for path in delete_paths or []:
        config = json_values.without_path(config, path)
    encoded = encode(config, "config")
    if json_values.is_same(encoded, document.config):
        return document.config_version
    document.config = encoded
    document.config_version += 1
    _save(document, "config", "config_version")
    ConfigChange.objects.create(
        run_id=run_id,
        version=document.config_version,
        author_id=author_id,
        set_values=encode(set_values or {}, "config"),
        deleted_paths=encode(delete_paths or [], "config"),
    )
    return document.config_version


@transaction.atomic
def update_summary(
    *, run_id: int, set_values: dict[str, Any] | None = None, delete: list[str] | None = None
) -> None:
    """Set keys of a run's summary, or take back what was set: a metric then shows its last value again.

    What is set stays, whatever the metric of that name comes to. Raises Invalid, LimitExceeded.
    """
    document = _lock(run_id)
    own = {**json_values.decode(document.own_summary), **(set_values or {})}
    for key in delete or []:
        own.pop(key, None)
    own = encode(own, "summary")
    if not json_values.is_same(own, document.own_summary):
        document.own_summary = own
        document.summary = document.merged_summary()
        _save(document, "own_summary", "summary")


@transaction.atomic
def record_summary(*, run_id: int, stats: Mapping[str, Mapping[str, Any] | None]) -> None:
    """Take over what a run's metrics came to; None takes a metric out, those that are not named stay.

    `stats` holds per metric its "last" (any JSON value), "first", "min", "max", "mean", "best" and "count",
    those that it has. A repeated call changes nothing. The facts follow at once, or after a pause while the
    run is live. Beyond `facts.MAX_KEYS` metrics, new ones are left out.
    """
    document = _lock(run_id)
    statistics = json_values.decode(document.statistics)
    for metric, values in stats.items():
        if values is None:
            statistics.pop(metric, None)
        elif metric in statistics or len(statistics) < facts.MAX_KEYS:
            statistics[metric] = facts.read_statistics(values)
    statistics = json_values.encode(statistics)
    if not json_values.is_same(statistics, document.statistics):
        document.statistics = statistics
        document.summary = document.merged_summary()
        _save(document, "statistics", "summary")


@transaction.atomic
def define_metric(*, run_id: int, key: str, definition: dict[str, Any]) -> None:
    """Remember how a metric, or those that match a pattern such as `val/*`, is to be shown and summarised."""
    document = _lock(run_id)
    definitions = {**json_values.decode(document.definitions), key: definition}
    definitions = encode(definitions, "definitions")
    if not json_values.is_same(definitions, document.definitions):
        document.definitions = definitions
        document.save(update_fields=["definitions"])


def _lock(run_id: int) -> RunDocument:
    documents = RunDocument.objects.select_for_update(of=("self",)).select_related("run")
    return documents.defer("git", "environment").get(run_id=run_id)


def _save(document: RunDocument, *names: str) -> None:
    """Save what facts are made from, and have them made."""
    # No task where one is on its way, or the sweep will come by: a thousand live runs would fill the queue.
    needs_task = not document.is_stale and not facts.is_paused(document)
    document.is_stale = True
    document.save(update_fields=[*names, "is_stale"])
    events.announce(document.run, facts_too=needs_task)


def encode(value: Any, name: str) -> Any:
    """Return a document as it is stored; raise Invalid, or LimitExceeded as every list has to carry it."""
    try:
        encoded = json_values.encode(value)
    except ValueError as error:
        raise Invalid(
            f"The {name} cannot be stored: {error}.", fields={name: [str(error)]}
        ) from None
    size_bytes = len(json.dumps(encoded, ensure_ascii=False).encode())
    if size_bytes > MAX_BYTES:
        raise LimitExceeded(
            f"The {name} would take {size_bytes:,} bytes; it has at most {MAX_BYTES:,}. "
            "Log large values as metrics.",
            fields={name: [f"{size_bytes:,} bytes"]},
        )
    return encoded
