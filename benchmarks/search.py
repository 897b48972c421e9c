"""Finding, sorting and paging runs: 100,000 in one project among 300,000, on SQLite and on PostgreSQL.

    python benchmarks/search.py [--runs 100000] [--others 200000] [--keys 50] [--postgres URL]

Each line is one question: the first page of 50 runs with its count, documents loaded, warm, median and worst
of some repeats. The peer asks the same of the JSON documents alone, without facts. PostgreSQL is measured
where `--postgres` or TEST_POSTGRES_URL names a server on which databases may be made.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.databases import own_database

ROOT = Path(__file__).resolve().parent.parent
BUDGET_MS = 300
REPEATS = 7
OPTIMISERS = ["adam", "adamw", "sgd", "lion", "rmsprop"]
TAGS = ["best", "baseline", "ablation"]
NEWEST = "-created"

# What is asked, and the order; the keys' values are made in `columns`.
QUESTIONS = {
    "newest first": ("", NEWEST),
    "by a summary key": ("", "-summary.m0"),
    "by a key that half the runs lack": ("", "summary.half"),
    "by name": ("", "name"),
    "by duration": ("", "-duration"),
    "one condition": ("config.lr < 1e-3", NEWEST),
    "one condition, by its key": ("config.lr < 1e-3", "-config.lr"),
    "three conditions, by another key": (
        "config.optimizer = adam and config.lr < 1e-2 and summary.m1 > 0.5",
        "-summary.m0",
    ),
    "a tree with a pattern and a tag": (
        'summary.m1 > 0.9 or name ~ "^exp-.*7$" or tags has best',
        "-summary.m0",
    ),
    "a pattern with choices": ('name ~ "(heron|otter)-.*(1|7)+$"', NEWEST),
    "a pattern on a config text": ('config.optimizer ~ "^adam"', "-summary.m0"),
    "words": ("heron 77", NEWEST),
    "few match, by a key": ("config.seed = 12345", "-summary.m0"),
    "none match, by a key": ("config.lr > 5", "-summary.m0"),
    "none match": ("config.lr > 5 and state = finished", NEWEST),
    "negated": ("not config.optimizer = adam and not tags has best", "-summary.m0"),
    "where a key is missing": ("summary.half is null", "-summary.m0"),
    "by state and date": ("state in (running, crashed) and created > 2d", "-summary.m0"),
}
PEERS = {
    "by a summary key": ("1 = 1", "m0"),
    "three conditions, by another key": (
        "{config}optimizer{text} = 'adam' AND {config}lr{number} < 0.01"
        " AND {summary}m1{number} > 0.5",
        "m0",
    ),
}


def columns(
    runs: int, keys: int
) -> Iterator[tuple[str, str, np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Yield the source, path, presence and values of each key of `runs` runs."""
    random = np.random.default_rng(7)
    everywhere = np.ones(runs, bool)
    yield "config", "lr", everywhere, 10 ** random.uniform(-5, -1, runs)
    yield "config", "seed", everywhere, np.arange(runs, dtype=float)
    yield "config", "optimizer", everywhere, random.choice(OPTIMISERS, runs)
    yield "summary", "half", np.arange(runs) % 2 == 0, random.normal(size=runs)
    for number in range((keys - 4) // 2):
        yield "config", f"c{number}", everywhere, random.integers(0, 100, runs).astype(float)
    for number in range(keys - 4 - (keys - 4) // 2):
        yield "summary", f"m{number}", random.random(runs) < 0.95, random.random(runs)


def load(runs: int, others: int, keys: int) -> Any:
    """Fill the database; return the project that is asked about."""
    from django.db import connection, transaction

    from apps.orgs.services import create_user, find_personal_org
    from apps.projects.models import Project
    from apps.runs.models import Fact

    user = create_user(username="bench")
    org = find_personal_org(user)
    assert org is not None
    projects = [Project.objects.create(org=org, slug=f"p{number}") for number in range(3)]
    counts = [runs, others // 2, others - others // 2]
    with connection.schema_editor() as editor:
        for index in Fact._meta.indexes:
            editor.remove_index(Fact, index)
    first = 1
    for project, count in zip(projects, counts, strict=True):
        with transaction.atomic():
            load_project(project.pk, user.pk, range(first, first + count), keys)
        first += count
    with connection.schema_editor() as editor:
        for index in Fact._meta.indexes:
            editor.add_index(Fact, index)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval('runs_run_id_seq', %s)", [first])
    Project.objects.filter(pk=projects[0].pk).update(last_run_number=runs)
    return projects[0]


def load_project(project_id: int, user_id: int, ids: range, keys: int) -> None:
    """Write the runs of a project, their documents, tags and facts."""
    from apps.runs.models import FactKey

    documents: list[dict[str, dict[str, Any]]] = [{"config": {}, "summary": {}} for _ in ids]
    interned = []
    for source, path, presence, values in columns(len(ids), keys):
        is_text = values.dtype.kind == "U"
        key = FactKey.objects.create(
            project_id=project_id,
            source=source,
            path=path,
            **{"text_count" if is_text else "number_count": int(presence.sum())},
        )
        interned.append(key.pk)
        plain = values.tolist()
        for place in np.flatnonzero(presence).tolist():
            documents[place][source][path] = plain[place]
        write(
            "runs_fact",
            ["key_id", "run_id", "number", "text"],
            (
                (key.pk, ids[place], None, plain[place])
                if is_text
                else (key.pk, ids[place], plain[place], None)
                for place in np.flatnonzero(presence).tolist()
            ),
        )
    write("runs_run", RUN, (run_row(project_id, user_id, pk, pk - ids[0] + 1) for pk in ids))
    write(
        "runs_rundocument",
        DOCUMENT,
        (
            (pk, json.dumps(said["config"]), 1, json.dumps(said["summary"]))
            + ("{}",) * 5
            + (json.dumps(interned), False, moment(START))
            for pk, said in zip(ids, documents, strict=True)
        ),
    )
    write(
        "runs_runtag",
        ["run_id", "name"],
        ((pk, TAGS[pk % 3]) for pk in ids if pk % 10 == 0),
    )


RUN = (
    "id project_id uid short_id number name state group job_type notes created_by_id created_at"
    " started_at heartbeat_at ended_at exit_code last_step resumed_count deleted_at creation_key"
).split()
DOCUMENT = (
    "run_id config config_version summary git environment definitions own_summary statistics"
    " fact_keys is_stale indexed_at"
).split()
START = datetime.now(UTC) - timedelta(days=30)
STATES = ["finished"] * 16 + ["failed"] * 2 + ["crashed", "running"]
NOUNS = ["heron", "otter", "maple", "comet", "reef"]


def run_row(project_id: int, user_id: int, pk: int, number: int) -> tuple[Any, ...]:
    """Return a row of the runs' table; a run begins every 25 seconds."""
    created = START + timedelta(seconds=25 * number)
    ended = created + timedelta(seconds=number * 37 % 86_400)
    state = STATES[number * 7 % 20]
    name = f"exp-{number}-{NOUNS[number % 5]}-{number % 97}"
    return (
        *(pk, project_id, f"{pk:016d}", f"r{number}", number, name, state, f"g{number % 50}"),
        *("train", "", user_id, moment(created), moment(created), moment(ended)),
        *(None if state == "running" else moment(ended), 0, 1000, 0, None, ""),
    )


def moment(at: datetime) -> Any:
    """Return a time as the database takes it in bulk."""
    from django.db import connection

    return connection.ops.adapt_datetimefield_value(at)


def write(table: str, names: Sequence[str], rows: Iterable[Any]) -> None:
    """Write rows as fast as the database takes them."""
    from django.db import connection

    quoted = ", ".join(f'"{name}"' for name in names)
    if connection.vendor == "sqlite":
        marks = ", ".join("?" for _ in names)
        connection.connection.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({marks})", rows)
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


# --- Measuring ---------------------------------------------------------------------------------
def timed_ms(ask: Callable[[], Any]) -> tuple[float, float]:
    """Return the median and the worst of some repeats, after one to warm up; no count is kept between."""
    from django.core.cache import cache

    ask()
    times = []
    for _ in range(REPEATS):
        cache.clear()
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times), max(times)


def show(name: str, times: tuple[float, float], note: str = "") -> None:
    median, worst = times
    print(f"  {name:<36} {median:8.1f} ms  (worst {worst:.1f}){note}", flush=True)


def measure(project: Any) -> float:
    """Ask every question; return the slowest median in milliseconds."""
    from apps.core.errors import Invalid
    from apps.runs import search

    slowest = 0.0
    for name, (query, order) in QUESTIONS.items():
        page = search.page(project, query=query, order=order)
        times = timed_ms(partial(search.page, project, query=query, order=order))
        more = "+" if page.count_is_capped else ""
        show(name, times, f"  {page.count:,}{more} match")
        slowest = max(slowest, times[0])
        if name in PEERS:
            show("  the same, JSON columns alone", timed_ms(peer(project.pk, *PEERS[name])))
    cursor = search.page(project, order="-summary.m0", limit=500).next_cursor
    for _ in range(99):
        page = search.page(project, order="-summary.m0", cursor=cursor, limit=500)
        cursor = page.next_cursor or cursor
    deep = timed_ms(lambda: search.page(project, order="-summary.m0", cursor=cursor))
    show("page 1,001 (row 50,000), by its cursor", deep)
    show("all columns with types and counts", timed_ms(lambda: search.columns(project)))
    started = time.perf_counter()
    try:
        search.page(project, query='name ~ "(e|x|p|ex|xp)*(e|x|ex)*(p|xp|-)*!"')
    except Invalid as error:
        print(
            f"  a pattern that explodes: {error.code} after {time.perf_counter() - started:.2f} s"
        )
    else:
        print(f"  a pattern that explodes: answered after {time.perf_counter() - started:.2f} s")
    return max(slowest, deep[0])


def peer(project_id: int, where: str, key: str) -> Callable[[], Any]:
    """Return the question in SQL on the JSON documents, without facts."""
    from django.db import connection

    if connection.vendor == "sqlite":
        parts = {"config": "config->>'$.", "summary": "summary->>'$.", "text": "'", "number": "'"}
        value = f"summary->>'$.{key}'"
    else:
        parts = {
            "config": "(config->>'",
            "summary": "(summary->>'",
            "text": "')",
            "number": "')::float8",
        }
        value = f"(summary->>'{key}')::float8"
    tables = "runs_rundocument d JOIN runs_run r ON r.id = d.run_id"
    condition = f"r.project_id = {project_id} AND r.deleted_at IS NULL AND {where.format(**parts)}"

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {tables} WHERE {condition}")
            cursor.execute(
                f"SELECT r.*, d.* FROM {tables} WHERE {condition}"
                f" ORDER BY {value} DESC NULLS LAST, r.id DESC LIMIT 51"
            )
            cursor.fetchall()

    return ask


def measure_writes(project: Any) -> None:
    """Time what one run's facts cost when they are new, and when a hundred of them change."""
    from apps.orgs.actor import Actor
    from apps.orgs.models import User
    from apps.runs import documents, services
    from apps.runs.models import RunDocument

    actor = Actor.for_user(User.objects.get(username="bench"))
    spans: dict[str, list[float]] = {"new": [], "changed": []}
    for turn in range(20):
        config = {f"c{number}": turn + number for number in range(50)}
        run, _ = services.create_run(
            project=project, actor=actor, new=services.NewRun(config=config)
        )
        spans["new"].append(index_ms(run.pk))
        for step in (1, 2):
            last = {f"m{number}": {"last": step + turn + number} for number in range(100)}
            documents.record_summary(run_id=run.pk, stats=last)
            RunDocument.objects.filter(pk=run.pk).update(indexed_at=START)
            span = index_ms(run.pk)
        spans["changed"].append(span)
    assert not RunDocument.objects.filter(is_stale=True).exists()
    show("facts of a new run, 50 config keys", (statistics.median(spans["new"]), max(spans["new"])))
    show(
        "facts of a run, 200 values changed",
        (statistics.median(spans["changed"]), max(spans["changed"])),
    )


def index_ms(run_id: int) -> float:
    from apps.runs import facts

    started = time.perf_counter()
    facts.index_run(run_id)
    return (time.perf_counter() - started) * 1e3


def child(options: argparse.Namespace) -> None:
    """Load and measure the database that the environment names."""
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "wanllmdb.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    project = load(options.runs, options.others, options.keys)
    print(
        f"{connection.vendor}: {options.runs:,} runs in the project among {options.runs + options.others:,},"
        f" {options.keys} keys each, loaded in {time.perf_counter() - started:.0f} s",
        flush=True,
    )
    slowest = measure(project)
    measure_writes(project)
    verdict = "within" if slowest < BUDGET_MS else "OVER"
    print(f"  slowest page {slowest:.0f} ms: {verdict} the budget of {BUDGET_MS} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--others", type=int, default=200_000)
    parser.add_argument("--keys", type=int, default=50)
    parser.add_argument("--postgres", default=os.environ.get("TEST_POSTGRES_URL"))
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options)
        return
    sizes = [f"--runs={options.runs}", f"--others={options.others}", f"--keys={options.keys}"]
    for url in (None, options.postgres):
        with tempfile.TemporaryDirectory() as folder, own_database(url) as own_url:
            variables = {"WANLLMDB_DATA_DIR": folder, "WANLLMDB_DATABASE_URL": own_url}
            subprocess.run(
                [sys.executable, __file__, "--child", *sizes],
                env={**os.environ, **variables},
                check=True,
            )
        if not options.postgres:
            print("postgresql: left out, TEST_POSTGRES_URL names no server")
            return


if __name__ == "__main__":
    main()
