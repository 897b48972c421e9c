"""Measuring what projects hold: 100,000 runs in 200 projects, each with documents, a tile and heads.

    python benchmarks/usage.py [--runs 100000] [--projects 200] [--postgres URL]

Prints how long one whole measure takes, and what asking a project for its limits costs. On SQLite, or on the
PostgreSQL server that `--postgres` names, on which databases may be made.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.databases import own_database


def fill(runs: int, projects: int) -> None:
    """Make the projects and their runs."""
    from apps.core import clock
    from apps.metrics.models import Head, Stream, Tile
    from apps.orgs.models import Org
    from apps.projects.models import Project
    from apps.runs.models import Run, RunDocument

    org = Org.objects.create(slug="bench", name="Bench")
    homes = Project.objects.bulk_create([Project(org=org, slug=f"p{n}") for n in range(projects)])
    made = Run.objects.bulk_create(
        [
            Run(project=homes[n % projects], short_id=f"r{n}", number=n, name=f"r{n}")
            for n in range(runs)
        ],
        batch_size=5_000,
    )
    config = {f"key{n}": n * 0.1 for n in range(50)}
    RunDocument.objects.bulk_create(
        [RunDocument(run=run, config=config, summary=config) for run in made], batch_size=2_000
    )
    Head.objects.bulk_create(
        [Head(run=run, rows=b"x" * 500, points=1_000) for run in made], batch_size=5_000
    )
    streams = Stream.objects.bulk_create(
        [Stream(run=run, uuid=f"{run.pk:032x}") for run in made], batch_size=5_000
    )
    span = {"min_step": 0, "max_step": 1, "min_time": 0, "max_time": 1, "first_row": 0}
    facts = {"kind": 0, "level": 0, "last_row": 1, "rows": 2, "is_ordered": True, "is_full": True}
    blobs = {"received_at": clock.now(), "directory": b"d" * 200, "payload": b"p" * 6_000}
    for start in range(0, len(streams), 2_000):
        some = streams[start : start + 2_000]
        Tile.objects.bulk_create(
            [Tile(run_id=s.run_id, stream=s, **span, **facts, **blobs) for s in some]
        )


def measure() -> None:
    """Print the times."""
    from django.db import connection

    from apps.projects import quotas, usage
    from apps.projects.models import OrgUsage, Project

    for name in ("first", "again"):
        started = time.perf_counter()
        usage.measure_all()
        print(f"  measure, {name:<30} {time.perf_counter() - started:8.2f} s", flush=True)
    project = Project.objects.select_related("org").order_by("pk")[0]
    started = time.perf_counter()
    for _ in range(200):
        quotas.limits_on(project)
    print(f"  limits of a project {(time.perf_counter() - started) * 5:25.2f} ms", flush=True)
    total = OrgUsage.objects.get(org__slug="bench")
    print(
        f"  {connection.vendor}: {total.runs:,} runs, {total.points:,} points, {total.storage_bytes:,} bytes"
    )


def main() -> None:
    """Fill a database of its own and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--postgres")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, own_database(given.postgres) as url:
        os.environ["WANLLMDB_DATA_DIR"] = folder
        os.environ["WANLLMDB_DATABASE_URL"] = url
        os.environ["DJANGO_SETTINGS_MODULE"] = "wanllmdb.settings"
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        fill(given.runs, given.projects)
        measure()
        connection.close()


if __name__ == "__main__":
    main()
