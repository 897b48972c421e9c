"""What charts ask of the metric engine, on SQLite and on PostgreSQL, after sealing and warm.

    python benchmarks/read.py [--points 10000000] [--runs 1000] [--postgres URL]

One series of 10 million points, one of 100,000, and runs of 1,000 steps × 50 keys; every question in process
but one, which goes through HTTP as a page asks it. Medians of some repeats beside the budget of each.
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
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.databases import own_database
from tests.live_server import LiveServer

REPEATS = 9
STEPS, KEYS = 1_000, 50
ROWS_A_REQUEST = 50_000
PIXELS = 1_500


def append(run: Any, steps: int, keys: int, seed: int) -> None:
    """Log a run of `steps` rows and finish it, which seals it."""
    from apps.metrics import store
    from apps.runs import services

    random = np.random.default_rng(seed)
    stream = uuid.uuid4()
    for place, start in enumerate(range(0, steps, ROWS_A_REQUEST)):
        count = min(ROWS_A_REQUEST, steps - start)
        values = random.normal(0, 1, (keys, count)).astype(np.float32).astype(np.float64)
        record = {
            "kind": "rows",
            "steps": {"start": start, "stride": 1},
            "times": (1.7e9 + 0.1 * np.arange(start, start + count)).tobytes(),
            "columns": {f"train/m{k:02}": values[k].tobytes() for k in range(keys)},
        }
        store.append(run=run, stream=stream, offset=place, records=[record])
    services.finish_run(run=run, exit_code=0)


def load(points: int, runs: int) -> tuple[Any, Any, list[Any], str]:
    """Fill the database; return the long run, the middling one, the many, and an API key."""
    from apps.metrics.sealing import seal_run
    from apps.orgs import services as people
    from apps.orgs.actor import Actor
    from apps.projects.services import create_project
    from apps.runs.services import NewRun, create_run

    user = people.create_user(username="ben")
    org = people.find_personal_org(user)
    assert org is not None
    actor = Actor.for_user(user)
    project = create_project(actor=actor, org=org, slug="read")
    sizes = [(points, 1), (100_000, 1)] + [(STEPS, KEYS)] * runs
    made = []
    for seed, (steps, keys) in enumerate(sizes):
        run, _ = create_run(project=project, actor=actor, new=NewRun(name=f"r{seed}"))
        append(run, steps, keys, seed)
        seal_run(run.pk)
        made.append(run)
    _, secret = people.create_api_key(user=user, name="bench")
    return made[0], made[1], made[2:], secret


def median_ms(ask: Callable[[], object]) -> float:
    """Ask several times; return the median of the warm ones in milliseconds."""
    ask()
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1e3)
    return statistics.median(taken)


def report(question: str, milliseconds: float, budget: float) -> None:
    verdict = "within" if milliseconds < budget else "OVER"
    print(f"  {question}: {milliseconds:.1f} ms, {verdict} {budget:.0f} ms", flush=True)


def measure(long: Any, middling: Any, many: list[Any]) -> None:
    """Ask in process."""
    from apps.metrics import frame, store
    from apps.metrics.store import Query, refer

    def lines(runs: list[Any], keys: list[str], points: int) -> bytes:
        answer = store.read(Query([refer(run) for run in runs], keys, points=points))
        return frame.pack_frame(answer.axis, answer.series, answer.zeros)

    names = [f"train/m{k:02}" for k in range(KEYS)]
    report(
        f"one series, 10M points to {PIXELS} px",
        median_ms(lambda: lines([long], names[:1], 4 * PIXELS)),
        20,
    )
    report(
        "one series, 100,000 points, every one",
        median_ms(lambda: lines([middling], names[:1], 100_000)),
        50,
    )
    report(
        f"{len(many):,} runs × 1 key × {STEPS:,} points",
        median_ms(lambda: lines(many, names[:1], STEPS)),
        150,
    )
    report(
        "20 runs × 24 keys × 1,000 points",
        median_ms(lambda: lines(many[:20], names[:24], STEPS)),
        50,
    )
    ids = [run.pk for run in many]
    report(
        f"heads of {len(many):,} runs × {KEYS} keys",
        median_ms(lambda: store.heads(run_ids=ids)),
        20,
    )


def ask_http(url: str, key: str, runs: list[str]) -> int:
    """Post a query of 10 keys as a page does; return the bytes of the answer."""
    body = {"runs": runs, "keys": [f"train/m{k:02}" for k in range(10)], "points": STEPS}
    request = urllib.request.Request(
        f"{url}/api/v1/metrics/query",
        json.dumps({**body, "format": "frame"}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return len(answer.read())


def child(options: argparse.Namespace) -> None:
    """Fill and ask the database that the environment names; print what the HTTP part needs."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "wanllmdb.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    long, middling, many, key = load(options.points, options.runs)
    taken = time.perf_counter() - started
    print(f"{connection.vendor}: loaded and sealed in {taken:.0f} s", flush=True)
    measure(long, middling, many)
    found = {"key": key, "runs": [run.uid for run in many[:100]]}
    Path(options.child).write_text(json.dumps(found), encoding="utf-8")


def benchmark(url: str, options: argparse.Namespace) -> None:
    """Measure one database."""
    with tempfile.TemporaryDirectory() as folder:
        server = LiveServer(Path(folder) / "data", variables={"WANLLMDB_DATABASE_URL": url})
        found = Path(folder) / "found.json"
        sizes = [f"--points={options.points}", f"--runs={options.runs}"]
        command = [sys.executable, __file__, f"--child={found}", *sizes]
        subprocess.run(command, env=server.environment(), check=True)
        asked = json.loads(found.read_text(encoding="utf-8"))
        server.start()
        try:
            milliseconds = median_ms(lambda: ask_http(server.url, asked["key"], asked["runs"]))
            question = f"{len(asked['runs'])} runs × 10 keys × {STEPS:,} points through HTTP"
            report(question, milliseconds, 150)
        finally:
            server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--postgres", default=os.environ.get("TEST_POSTGRES_URL"))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options)
        return
    benchmark("", options)
    if not options.postgres:
        print("postgresql: left out, TEST_POSTGRES_URL names no server")
        return
    with own_database(options.postgres) as url:
        benchmark(url, options)


if __name__ == "__main__":
    main()
