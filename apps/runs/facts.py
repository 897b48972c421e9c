"""The search index of runs: one `Fact` for each value of a run, derived from its documents.

A change marks its run's document stale in its own transaction. `index_run` brings the facts up to date in
the background, and `index_stale_runs` finds what a lost task or a pause left behind, so nothing stays
unfound. What is not indexed: keys of more than 1,024 bytes, and what comes after 10,000 keys of one source.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain, islice
from typing import Any, NamedTuple

from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet

from apps.core import clock, json_values
from apps.runs.fields import STATISTICS
from apps.runs.models import Fact, FactKey, RunDocument

log = logging.getLogger(__name__)

MAX_KEYS = 10_000  # Of one source of one run.
MAX_PATH_BYTES = 1_024
MAX_LAST = 1_000  # Characters of a metric's last value in the summary, where it is no number.
MAX_TEXT = 500  # PostgreSQL's index entries end at 2,704 bytes, and a character may take four.
ENVIRONMENT_KEYS = (
    *("host", "os", "python", "executable", "command", "cwd", "user", "pid", "sdk"),
    *("cpu", "cpu_count", "memory_bytes", "gpus"),
)
GIT_KEYS = ("commit", "branch", "dirty")

# A live run's facts are written again after this long, or after a second for each 1,000 of them.
PAUSE = timedelta(seconds=5)
FACTS_A_SECOND = 1_000
SWEEP_S = 2.0  # Of the five between sweeps.
CHUNK = 500

Place = tuple[str, str]


class Value(NamedTuple):
    """What a fact holds; see the model."""

    number: float | None
    text: str | None

    @property
    def kind(self) -> str:
        """The counter of `FactKey` that counts it."""
        if self.number is not None:
            return "number_count" if self.text is None else "boolean_count"
        return "number_count" if self.text == "NaN" else "text_count"


def index_run(run_id: int) -> None:
    """Bring a run's facts up to date with its documents, unless that was done a moment ago.

    Safe to repeat and to run twice at once. A run in the trash has no facts.
    """
    with transaction.atomic():
        document = _locked(run_id)
        if document is not None and document.is_stale and not is_paused(document):
            write_facts(document)


def index_stale_runs() -> int:
    """Index the runs whose facts lag behind by more than a pause, the longest first; return how many.

    It stops after a while, so that the rest of the server gets its turn; the next sweep goes on from there.
    """
    end = time.monotonic() + SWEEP_S
    late = RunDocument.objects.filter(is_stale=True, indexed_at__lt=clock.now() - PAUSE)
    count = 0
    for run_id in list(late.order_by("indexed_at").values_list("run_id", flat=True)[:CHUNK]):
        if time.monotonic() > end:
            break
        try:
            index_run(run_id)
        except DatabaseError:
            # One that fails must not keep those behind it waiting; it is tried again after them.
            log.exception("run_not_indexed run=%s", run_id)
            RunDocument.objects.filter(run_id=run_id).update(indexed_at=clock.now())
        count += 1
    return count


def _locked(run_id: int) -> RunDocument | None:
    # The run is read after the lock is held, on its first use. A join would give the row as it was before
    # the wait for the lock, and a run that came out of the trash meanwhile would stay without facts.
    return RunDocument.objects.select_for_update().filter(run_id=run_id).first()


def is_paused(document: RunDocument) -> bool:
    """Tell whether the facts of a live run were written a moment ago, so that the next time can wait."""
    run = document.run
    if not run.is_live or run.deleted_at is not None or not document.fact_keys:
        return False
    pause = max(PAUSE, timedelta(seconds=len(document.fact_keys) / FACTS_A_SECOND))
    return clock.now() < document.indexed_at + pause


def write_facts(document: RunDocument) -> None:
    """Write the changed facts of a run whose document the caller has locked, and say so in the document."""
    run = document.run
    values = dict(read_values(document)) if run.deleted_at is None else {}
    key_ids = intern_keys(run.project_id, values)
    wanted = {key_ids[place]: value for place, value in values.items()}
    stored = _stored_values(run.pk, document.fact_keys)
    changed = {key: value for key, value in wanted.items() if stored.get(key) != value}
    dropped = stored.keys() - wanted.keys()
    for keys in _chunks(dropped):
        Fact.objects.filter(key_id__in=keys, run_id=run.pk).delete()
    Fact.objects.bulk_create(
        [Fact(key_id=key, run_id=run.pk, **value._asdict()) for key, value in changed.items()],
        update_conflicts=True,
        update_fields=["number", "text"],
        unique_fields=["key", "run"],
    )
    _count(
        [(key, stored[key].kind) for key in (*changed, *dropped) if key in stored],
        [(key, value.kind) for key, value in changed.items()],
    )
    document.fact_keys = sorted(wanted)
    document.is_stale = False
    document.indexed_at = clock.now()
    document.save(update_fields=["fact_keys", "is_stale", "indexed_at"])


def _stored_values(run_id: int, keys: list[int]) -> dict[int, Value]:
    stored: dict[int, Value] = {}
    for some in _chunks(keys):
        rows = Fact.objects.filter(key_id__in=some, run_id=run_id)
        for key, number, text in rows.values_list("key_id", "number", "text"):
            stored[key] = Value(number, text)
    return stored


def intern_keys(project_id: int, places: Iterable[Place]) -> dict[Place, int]:
    """Return the ID of each place's key in a project; those that are new there are made."""
    keys = FactKey.objects.filter(project_id=project_id)
    wanted = sorted(places)
    found = find_keys(keys, wanted)
    missing = [place for place in wanted if place not in found]
    if missing:
        # Sorted, so that two that intern the same keys cannot wait for each other.
        FactKey.objects.bulk_create(
            [FactKey(project_id=project_id, source=source, path=path) for source, path in missing],
            ignore_conflicts=True,
        )
        found |= find_keys(keys, missing)
    return found


def find_keys(keys: QuerySet[FactKey], places: Iterable[Place]) -> dict[Place, int]:
    """Return the ID of each place's key, for those that are among `keys`, which are of one project."""
    wanted = set(places)
    found: dict[Place, int] = {}
    for some in _chunks(wanted):
        rows = keys.filter(
            source__in={source for source, _path in some}, path__in={path for _source, path in some}
        )
        for key, source, path in rows.values_list("pk", "source", "path"):
            if (source, path) in wanted:
                found[source, path] = key
    return found


def _count(less: list[tuple[int, str]], more: list[tuple[int, str]]) -> None:
    """Move the keys' counts: one statement for each kind and amount, which are few."""
    change = Counter(more)
    change.subtract(Counter(less))
    moves: dict[tuple[str, int], list[int]] = defaultdict(list)
    for (key, kind), amount in change.items():
        if amount:
            moves[kind, amount].append(key)
    # Locked in order first: an UPDATE of many rows locks them as it meets them, and two would deadlock.
    for some in _chunks(sorted(set(chain(*moves.values())))):
        locked = FactKey.objects.select_for_update(no_key=True).filter(pk__in=some)
        list(locked.order_by("pk").values_list("pk"))
    for (kind, amount), keys in moves.items():
        for some in _chunks(keys):
            FactKey.objects.filter(pk__in=some).update(**{kind: F(kind) + amount})


def read_values(document: RunDocument) -> Iterator[tuple[Place, Value]]:
    """Yield the place and value of each fact that a run's documents hold."""
    for source, values in (("config", document.config), ("summary", document.summary)):
        yield from islice(_flatten(source, "", json_values.decode(values)), MAX_KEYS)
    yield from _pick("system", document.environment, ENVIRONMENT_KEYS)
    yield from _pick("git", document.git, GIT_KEYS)
    metrics = json_values.decode(document.statistics)
    for metric, statistics in islice(metrics.items(), MAX_KEYS):
        for name in STATISTICS:
            if isinstance(statistics.get(name), int | float) and _fits(metric):
                yield (name, clean(metric)), to_value(statistics[name])


def read_statistics(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statistics of a metric as its document holds them, without large last values."""
    kept = {name: values[name] for name in (*STATISTICS, "count") if values.get(name) is not None}
    for name in ("first", "last"):
        if isinstance(kept.get(name), str):
            kept[name] = kept[name][:MAX_LAST]
        elif isinstance(kept.get(name), dict | list) and len(str(kept[name])) > MAX_LAST:
            del kept[name]
    return kept


def _pick(
    source: str, document: Mapping[str, Any], names: Iterable[str]
) -> Iterator[tuple[Place, Value]]:
    values = {name: json_values.decode(document[name]) for name in names if name in document}
    return _flatten(source, "", values)


def _flatten(source: str, prefix: str, values: dict[str, Any]) -> Iterator[tuple[Place, Value]]:
    """Yield the values of nested mappings; null is no value, and a list is one."""
    for name, item in values.items():
        path = f"{prefix}{name}"
        if isinstance(item, dict):
            yield from _flatten(source, f"{path}.", item)
        elif item is not None and _fits(path):
            yield (source, clean(path)), to_value(item)


def _fits(path: str) -> bool:
    return len(path.encode("utf-8", "replace")) <= MAX_PATH_BYTES


def to_value(item: Any) -> Value:
    """Return what a fact holds for a JSON value that is neither null nor a mapping."""
    if isinstance(item, bool):
        return Value(float(item), "true" if item else "false")
    if isinstance(item, int | float):
        number = _to_float(item)
        return Value(None, "NaN") if math.isnan(number) else Value(number, None)
    if isinstance(item, list):
        # Each item takes two characters at least, so the rest cannot be among those that are kept.
        item = json.dumps(json_values.strict(item[:MAX_TEXT]), ensure_ascii=False)
    return Value(None, clean(item[:MAX_TEXT]))


def _to_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # A whole number beyond 1.8e308.
        return math.inf if number > 0 else -math.inf


def clean(text: str) -> str:
    """Return a text that both databases take: NUL and halves of surrogate pairs are replaced."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while some := list(islice(iterator, CHUNK)):
        yield some
