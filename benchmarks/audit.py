"""Reading, sealing and verifying the audit log at a million entries, on SQLite and on PostgreSQL.

    python benchmarks/audit.py [--entries 1000000] [--sealed 50000] [--postgres URL]

Each line is the first page of 50 entries that fit a filter, in an organisation that has a tenth of all, warm, median
and worst of some repeats. PostgreSQL is measured where `--postgres` or TEST_POSTGRES_URL names a server on which
databases may be made.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.databases import own_database

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 7
BATCH = 5_000
ACTIONS = ["run.create", "run.finish", "run.update", "sign_in", "member.add"]
START = datetime(2026, 1, 1, tzinfo=UTC)
QUESTIONS = {
    "newest first": {},
    "of one person": {"who": "user7"},
    "of one action": {"action": "member.add"},
    "of one day": {"from": "2026-02-03", "to": "2026-02-03"},
    "from one address": {"address": "10.0.0.7"},
    "words, some match": {"q": "thing 12"},
    "words, none match": {"q": "xyzzy"},
}


def fill(count: int) -> None:
    """Write the entries: ten orgs, 50 people, five actions, over a year's first months."""
    from apps.audit.models import Entry

    step = timedelta(days=100) / count
    for first in range(0, count, BATCH):
        Entry.objects.bulk_create(
            Entry(
                action=ACTIONS[number % len(ACTIONS)],
                actor_name=f"user{number % 50}",
                actor_id=number % 50,
                door="rest",
                remote_addr=f"10.0.{number % 50}.{number % 200}",
                client="wanllm/0.1",
                object_type="runs.run",
                object_pk=str(number),
                object_repr=f"thing {number}",
                org_id=number // 7 % 10 + 1,
                project_id=number // 7 % 100 + 1,
                changes={"name": ["before", "after"]},
                timestamp=START + step * number,
            )
            for number in range(first, min(first + BATCH, count))
        )


def ask() -> None:
    """Print what each question takes."""
    from apps.audit import search
    from apps.audit.models import Entry

    entries = Entry.objects.filter(org_id=1)
    questions = {name: search.matching(entries, asked) for name, asked in QUESTIONS.items()}
    for name, found in questions.items():
        times = []
        for _repeat in range(REPEATS + 1):
            began = time.perf_counter()
            search.newest(found, None, 50)
            times.append((time.perf_counter() - began) * 1000)
        times = times[1:]
        print(f"  {name:20} {statistics.median(times):8.1f} ms ({max(times):.1f})")
    middle = entries.filter(timestamp__lt=START + timedelta(days=50)).order_by("-timestamp")[0]
    cursor = search.cursor_of(middle)
    began = time.perf_counter()
    search.newest(entries, cursor, 50)
    print(f"  {'the middle, by cursor':20} {(time.perf_counter() - began) * 1000:8.1f} ms")


def seal_and_verify(count: int) -> None:
    """Print how many entries are sealed and verified a second."""
    from apps.audit import chain

    began, sealed = time.perf_counter(), 0
    while sealed < count and (now := chain.seal()):
        sealed += now
    print(f"  {'sealed':20} {sealed / (time.perf_counter() - began):8.0f} a second")
    began = time.perf_counter()
    if list(chain.breaks()):
        raise SystemExit("The chain breaks.")
    print(f"  {'verified':20} {sealed / (time.perf_counter() - began):8.0f} a second")


def measure(entries: int, sealed: int) -> None:
    """Measure on the database that the environment names."""
    import django
    from django.db import connection

    django.setup()
    fill(entries)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    ask()
    seal_and_verify(sealed)


def main() -> None:
    """Measure on each database, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--sealed", type=int, default=50_000)
    parser.add_argument("--postgres", default=os.environ.get("TEST_POSTGRES_URL"))
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inner:
        measure(options.entries, options.sealed)
        return
    for name, url in {"SQLite": None, "PostgreSQL": options.postgres}.items():
        if name == "PostgreSQL" and url is None:
            continue
        print(f"{name}, {options.entries:,} entries", flush=True)
        with tempfile.TemporaryDirectory() as folder, own_database(url) as own:
            variables = {"WANLLMDB_DATA_DIR": folder, "WANLLMDB_DATABASE_URL": own}
            environment = {
                **os.environ,
                **variables,
                "DJANGO_SETTINGS_MODULE": "wanllmdb.settings",
                "PYTHONPATH": str(ROOT),
            }
            sizes = ["--entries", str(options.entries), "--sealed", str(options.sealed)]
            for command in (
                ["manage.py", "migrate", "-v0"],
                ["benchmarks/audit.py", "--inner", *sizes],
            ):
                subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
