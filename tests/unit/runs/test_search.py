"""What `search` finds, checked against the same language in plain Python, over random runs."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core import clock
from apps.projects.models import Project
from apps.runs import documents, facts, ordering, search, services
from apps.runs.models import Run, RunDocument, RunTag
from apps.runs.tree import Tree, check_tree
from tests.conftest import Cast
from tests.factories import make_project, make_run
from tests.unit.runs.reference import PlainRun, holds, in_order

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NUMBERS = [0, 1, 1.0, -1, 2, 2.5, 64, 1e-3, 1e300, 2**53 + 1, math.inf, -math.inf]
WORDS = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "auto",
    "NaN",
    "true",
    "ä",
    "é",
    "Z",
    "_",
    "-",
    "实验",
    "😀",
    "%",
    "a\nb",
]
VALUES = [None, True, False, math.nan, [1, 2], *NUMBERS, *WORDS]
NAMES = ["exp-1", "exp-7", "Exp 2", "übung", "Zebra", "apple", "_x", "实验 7", "100%"]
TAGS = ["best", "Best", "base line", "x"]
STATES = [str(state) for state in Run.State.values]
FIELDS = ["config.x", "config.y", "config.n.m", "summary.loss", "summary.loss.min", "summary.`a b`"]
OWN_TEXTS = ["name", "id", "group", "user"]
DATES = ["2026-11-20", "2026-11-20T12:00", "1d", "36h", "now", "2026-11-19T12:00:00.5"]


def make_runs(project: Project, chance: random.Random, size: int) -> list[PlainRun]:
    """Make runs with a bit of everything, in the database and as plain values."""
    plain = []
    authors = [project.created_by_id, None]
    for number in range(size):
        started = NOW - timedelta(hours=chance.randrange(72), milliseconds=chance.randrange(5000))
        heard = started + timedelta(milliseconds=chance.randrange(100_000_000))
        ended = chance.choice([None, heard])
        run = Run.objects.create(
            project=project,
            short_id=f"{chance.choice('aBz')}{number}",
            number=number + 2,
            name=chance.choice(NAMES),
            state=chance.choice(STATES),
            group=chance.choice(["", "g1", "G2"]),
            created_by_id=chance.choice(authors),
            created_at=NOW - timedelta(hours=chance.choice([1, 24, 30, 48, 50])),
            started_at=started,
            heartbeat_at=heard,
            ended_at=ended,
            exit_code=chance.choice([None, 0, 1, -9]),
            last_step=chance.choice([None, 0, 5, 2**62]),
        )
        config = {
            "x": chance.choice(VALUES),
            "y": chance.choice([None, 1, 2, 3]),
            "n": {"m": chance.choice(["a", 1, None, {"deep": 1}])},
        }
        stats = chance.choice([{}, {"loss": {"last": 0.5, "min": chance.choice([0.1, 0.2])}}])
        own_summary = chance.choice(
            [{}, {"loss": chance.choice(VALUES)}, {"a b": chance.choice(WORDS)}]
        )
        RunDocument.objects.create(run=run, **stored(config, stats, own_summary))
        tags = chance.sample(TAGS, chance.randrange(3))
        RunTag.objects.bulk_create(RunTag(run=run, name=name) for name in tags)
        facts.index_run(run.pk)
        plain.append(as_plain(run, tags, config, stats, own_summary))
    return plain


def stored(config: Any, stats: Any, own_summary: Any) -> dict[str, Any]:
    document = RunDocument(
        config=documents.encode(config, "config"),
        statistics=documents.encode(stats, "statistics"),
        own_summary=documents.encode(own_summary, "summary"),
    )
    fields = ("config", "statistics", "own_summary")
    return {name: getattr(document, name) for name in fields} | {
        "summary": document.merged_summary()
    }


def as_plain(run: Run, tags: list[str], config: Any, stats: Any, own_summary: Any) -> PlainRun:
    return PlainRun(
        pk=run.pk,
        own={
            "state": run.state,
            "name": run.name,
            "id": run.short_id,
            "number": run.number,
            "user": run.created_by.username if run.created_by else None,
            "group": run.group,
            "created": run.created_at,
            "started": run.started_at,
            "ended": run.ended_at,
            "duration": round(run.duration_s, 3),
            "step": run.last_step,
            "exit_code": run.exit_code,
        },
        tags=tags,
        config=config,
        summary={key: values["last"] for key, values in stats.items()} | own_summary,
        statistics=stats,
    )


def condition(field: st.SearchStrategy[str], op: st.SearchStrategy[str], value: Any) -> Any:
    return st.fixed_dictionaries({"field": field, "op": op, "value": value})


ORDERED = ["=", "!=", "<", "<=", ">", ">="]
PATTERNS = ["^exp", "7$", "a|b", "^.?$", "[A-Z]", "x{0}", r"\d"]
fact_values = st.sampled_from([value for value in VALUES if value is not None and value != [1, 2]])
conditions = st.one_of(
    condition(st.sampled_from(FIELDS), st.sampled_from(ORDERED), fact_values),
    condition(
        st.sampled_from(FIELDS),
        st.sampled_from(["in", "not in"]),
        st.lists(fact_values, min_size=1, max_size=4),
    ),
    condition(
        st.sampled_from([*FIELDS, *OWN_TEXTS]),
        st.sampled_from(["~", "!~"]),
        st.sampled_from(PATTERNS),
    ),
    condition(st.sampled_from([*FIELDS, *OWN_TEXTS]), st.just("has"), st.sampled_from(WORDS)),
    condition(
        st.sampled_from(OWN_TEXTS),
        st.sampled_from(ORDERED),
        st.sampled_from([*NAMES, *WORDS, "ann"]),
    ),
    condition(st.just("state"), st.sampled_from(["=", "!="]), st.sampled_from(STATES)),
    condition(
        st.just("state"),
        st.sampled_from(["in", "not in"]),
        st.lists(st.sampled_from(STATES), min_size=1),
    ),
    condition(
        st.sampled_from(["number", "step", "exit_code"]),
        st.sampled_from(ORDERED),
        st.sampled_from([*NUMBERS, 1.5, -1.5, 5, 2**62, 2**70, -(2**70)]),
    ),
    condition(
        st.sampled_from(["number", "step", "exit_code"]),
        st.sampled_from(["in", "not in"]),
        st.lists(st.sampled_from([*NUMBERS, 1.5, 5]), min_size=1, max_size=4),
    ),
    condition(
        st.sampled_from(["created", "started", "ended"]),
        st.sampled_from(ORDERED),
        st.sampled_from(DATES),
    ),
    condition(
        st.just("duration"),
        st.sampled_from(ORDERED),
        st.sampled_from([0, 3600.0, "1h", "20h", 1e9]),
    ),
    condition(st.just("tags"), st.just("has"), st.sampled_from(TAGS)),
    condition(
        st.just("tags"),
        st.sampled_from(["in", "not in"]),
        st.lists(st.sampled_from(TAGS), min_size=1),
    ),
    condition(st.just("tags"), st.sampled_from(["~", "!~"]), st.sampled_from(["^b", "x$"])),
    condition(
        st.just("text"), st.just("has"), st.sampled_from(["EXP", "best", "实", "a1", "%", "_"])
    ),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(
                [*FIELDS, *OWN_TEXTS, "tags", "state", "ended", "step", "duration"]
            ),
            "op": st.sampled_from(["is null", "is not null"]),
        }
    ),
)
trees = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"and": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"or": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
ORDERS = [
    *FIELDS,
    "name",
    "id",
    "user",
    "state",
    "number",
    "created",
    "ended",
    "duration",
    "step",
    "config.no",
]


@pytest.fixture
def random_runs(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> list[PlainRun]:
    trashed = make_run(cast.mnist, cast.ann, config={"x": 1}, tags=["best"])
    services.delete_run(run=trashed)
    plain = make_runs(cast.mnist, random.Random(request.param), 30)
    other = make_project(cast.acme, "other", cast.ann)
    make_runs(other, random.Random(99), 5)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(ordering, "WINDOW", 4)  # So that small tests go past it too.
    return plain


def all_pages(project: Project, query: str | Tree, order: str, limit: int) -> list[int]:
    """Walk from page to page; return the runs' pks."""
    found: list[int] = []
    cursor = None
    while True:
        page = search.page(project, query=query, order=order, cursor=cursor, limit=limit)
        found += [run.pk for run in page.runs]
        assert len(found) < 10_000
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("random_runs", range(3), indirect=True)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=trees, order=st.sampled_from(ORDERS), sign=st.sampled_from(["", "-"]))
def test_a_page_holds_what_plain_python_finds(
    cast: Cast, random_runs: list[PlainRun], tree: Tree, order: str, sign: str
) -> None:
    checked = check_tree(tree)
    matching = [run for run in random_runs if holds(checked, run, random_runs, NOW)]
    page = search.page(cast.mnist, query=tree, order=f"{sign}{order}", limit=100)
    expected = in_order(matching, f"{sign}{order}") if matching else []
    assert [run.pk for run in page.runs] == [run.pk for run in expected]
    assert page.count == search.count(cast.mnist, query=tree) == len(expected)
    assert page.next_cursor is None


@pytest.mark.parametrize("random_runs", [7], indirect=True)
@pytest.mark.parametrize("sign", ["", "-"])
def test_paging_visits_every_run_once_in_order(
    cast: Cast, random_runs: list[PlainRun], sign: str
) -> None:
    odd = [run for run in random_runs if run.own["number"] % 2]
    are_odd = f"number in ({','.join(str(run.own['number']) for run in odd)})"
    for name in ORDERS:
        for query, runs, limit in (("", random_runs, 7), (are_odd, odd, 4)):
            expected = [run.pk for run in in_order(runs, f"{sign}{name}")]
            assert all_pages(cast.mnist, query, f"{sign}{name}", limit) == expected, name
