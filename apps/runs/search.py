"""Finding, sorting and counting the runs of a project, and naming the fields that they have.

`page` is what the run table, REST and other doors call; docs/query-language.md tells people what they may ask.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.core import clock
from apps.projects.models import Project
from apps.runs.facts import Place, clean, find_keys
from apps.runs.fields import STATISTICS, Field, closest, format_field
from apps.runs.models import FactKey, Run
from apps.runs.ordering import Phase, Position, phases_of, read_cursor, read_order, write_cursor
from apps.runs.predicates import fields_of, find_key, to_q
from apps.runs.query import understand
from apps.runs.sql import Contains, time_limit
from apps.runs.tree import Tree, check_tree

COUNT_CAP = 100_000
# Counting this many takes most of a page's time, and nobody misses one of them.
KEPT_COUNT = 5_000
KEPT_S = 10
DEFAULT_ORDER = "-created"
MAX_HINTS = 3
HINT_KEYS = 5_000
HINT_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Some runs in order, their documents loaded, and where the next page begins.

    `count` is how many match in all, given with the first page only; where `count_is_capped` there are more,
    and from `KEPT_COUNT` on it may be `KEPT_S` seconds old.
    `hints` name the fields of the query that no run of the project has.
    """

    runs: list[Run]
    next_cursor: str | None
    count: int | None
    count_is_capped: bool = False
    hints: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Column:
    """A field that runs of a project have: how many, and with values of which types."""

    field: str
    types: dict[str, int]
    runs: int
    statistics: list[str]


def page(
    project: Project,
    *,
    query: str | Tree = "",
    order: str = DEFAULT_ORDER,
    cursor: str | None = None,
    limit: int = 50,
    is_detailed: bool = False,
) -> Page:
    """Return a page of the project's runs that match a query (or words, or a tree), in an order.

    `order` is a field, with a minus before it for the largest first. Git and environment are loaded only
    with `is_detailed`. Raises Invalid `query_invalid`, `order_invalid` or `query_too_slow`, and Malformed
    `cursor_invalid` for a cursor that is not of this order.
    """
    tree, sort = _read(query), read_order(order)
    fields = [*fields_of(tree), sort.field]
    keys = _keys(project, fields)
    runs = _matching(project, tree, keys)
    phases = phases_of(sort, find_key(sort.field, keys), runs, tree)
    after = None if cursor is None else read_cursor(cursor, sort, phases)
    with time_limit():
        total = _total(project, tree, runs) if after is None else None
        # With the last of few found, the rest of the order need not be walked.
        most = limit + 1 if total is None or total >= KEPT_COUNT else min(limit + 1, total)
        found = _walk(phases, after, most)
        loaded = _load([position.run_id for position in found[:limit]], is_detailed)
    return Page(
        runs=loaded,
        next_cursor=write_cursor(sort, found[limit - 1]) if len(found) > limit else None,
        count=total if total is None else min(total, COUNT_CAP),
        count_is_capped=total is not None and total > COUNT_CAP,
        hints=_hints(project, fields, keys) if after is None else [],
    )


def count(project: Project, *, query: str | Tree = "") -> int:
    """Return how many runs match a query, counting no further than one past `COUNT_CAP`."""
    tree = _read(query)
    runs = _matching(project, tree, _keys(project, fields_of(tree)))
    with time_limit():
        return _count(runs)


def columns(
    project: Project, *, search: str = "", after: Place | None = None, limit: int = 500
) -> tuple[list[Column], Place | None]:
    """Return the fields that runs of a project have, by source and path, and where the next ones begin.

    `search` is a part of the path. Reads the keys alone, however many runs there are.
    """
    rows = FactKey.objects.in_use(project).exclude(source__in=STATISTICS)
    if search:
        rows = rows.filter(Contains("path", clean(search)))
    if after:
        source, path = after
        rows = rows.filter(Q(source__gt=source) | Q(source=source, path__gt=path))
    found = list(rows.order_by("source", "path")[: limit + 1])
    statistics = _statistics(project, [key.path for key in found if key.source == "summary"])
    next_place = (found[limit - 1].source, found[limit - 1].path) if len(found) > limit else None
    return [_column(key, statistics) for key in found[:limit]], next_place


def _statistics(project: Project, metrics: Sequence[str]) -> dict[str, list[str]]:
    """Return the names of the statistics that each of some metrics has."""
    names: dict[str, list[str]] = {}
    rows = FactKey.objects.in_use(project).filter(source__in=STATISTICS, path__in=metrics)
    for metric, name in rows.order_by("source").values_list("path", "source"):
        names.setdefault(metric, []).append(name)
    return names


def _column(key: FactKey, statistics: dict[str, list[str]]) -> Column:
    counts = {"number": key.number_count, "text": key.text_count, "boolean": key.boolean_count}
    return Column(
        field=format_field(key.source, key.path),
        types={name: count for name, count in counts.items() if count},
        runs=key.run_count,
        statistics=statistics.get(key.path, []) if key.source == "summary" else [],
    )


def _read(query: str | Tree) -> Tree | None:
    return understand(query) if isinstance(query, str) else check_tree(query)


def _keys(project: Project, fields: Iterable[Field]) -> dict[Place, int]:
    """Return the keys of the places that fields name, those that runs of the project have."""
    return find_keys(
        FactKey.objects.in_use(project), (place for name in fields for place in name.places)
    )


def _matching(project: Project, tree: Tree | None, keys: dict[Place, int]) -> QuerySet[Run]:
    runs = Run.objects.in_project(project).order_by()
    return runs if tree is None else runs.filter(to_q(tree, keys, clock.now()))


def _total(project: Project, tree: Tree | None, runs: QuerySet[Run]) -> int:
    """Count the runs of a first page. Watchers load theirs with each nudge, so a large count is kept a while."""
    digest = hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
    name = f"run-count:{project.pk}:{digest}"
    total: int | None = cache.get(name)
    if total is None:
        total = _count(runs)
        if total >= KEPT_COUNT:
            cache.set(name, total, KEPT_S)
    return total


def _count(runs: QuerySet[Run]) -> int:
    return runs[: COUNT_CAP + 1].count()


def _walk(phases: list[Phase], after: Position | None, limit: int) -> list[Position]:
    """Return the positions of up to `limit` runs, one phase after another, after a position."""
    first = after.phase if after else 0
    found: list[Position] = []
    for number, phase in enumerate(phases[first:], first):
        if len(found) < limit:
            start = after if number == first else None
            found += phase.walk(start, limit - len(found), number)
    return found


def _load(run_ids: list[int], is_detailed: bool) -> list[Run]:
    """Return the runs in this order; one that was purged meanwhile is left out."""
    runs = Run.objects.with_documents() if is_detailed else Run.objects.with_list_documents()
    by_id = runs.in_bulk(run_ids)
    return [by_id[run_id] for run_id in run_ids if run_id in by_id]


def _hints(project: Project, fields: Iterable[Field], keys: dict[Place, int]) -> list[str]:
    """Say which fields no run has, and what resembles them: a slip of the pen, or nothing logged yet."""
    unknown = {str(name): name for name in fields if name.places and find_key(name, keys) is None}
    return [_hint(project, text, name) for text, name in islice(unknown.items(), MAX_HINTS)]


def _hint(project: Project, text: str, name: Field) -> str:
    source, wanted = name.places[-1]
    paths = FactKey.objects.in_use(project).filter(source=source).values_list("path", flat=True)
    # What resembles a long path is long to find out.
    short = [path for path in paths[:HINT_KEYS] if len(path) <= HINT_LENGTH]
    close = closest(wanted[:HINT_LENGTH], short)
    if not close:
        return _("No run of this project has %(field)s.") % {"field": text}
    known = ", ".join(format_field(source, path) for path in close)
    return _("No run of this project has %(field)s. Did you mean %(known)s?") % {
        "field": text,
        "known": known,
    }
