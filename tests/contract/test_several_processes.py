"""The production shape: two web processes and a worker on one PostgreSQL and one Redis."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.contract.rest import call, wait_for_state
from tests.live_server import ROOT, LiveServer


@pytest.fixture
def variables(postgres_url: str, redis_url: str, worker_id: str) -> Iterator[dict[str, str]]:
    """Name a new database and a Redis database of this test process, for every process alike."""
    name = f"live_{uuid4().hex}"
    number = 1 + int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield {
            "WANLLMDB_DATABASE_URL": urlsplit(postgres_url)._replace(path=f"/{name}").geturl(),
            "WANLLMDB_REDIS_URL": urlsplit(redis_url)._replace(path=f"/{number}").geturl(),
            "WANLLMDB_SECRET_KEY": uuid4().hex * 2,
            "WANLLMDB_ANONYMOUS_ACCESS": "true",
        }
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def two_servers(
    variables: dict[str, str], tmp_path: Path
) -> Iterator[tuple[LiveServer, LiveServer]]:
    servers = LiveServer(tmp_path / "one", variables), LiveServer(tmp_path / "two", variables)
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def worker(two_servers: tuple[LiveServer, LiveServer]) -> Iterator[None]:
    """A Celery worker and beat, started as docs/operation.md says."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "wanllmdb",
        "worker",
        "--beat",
        "--loglevel",
        "WARNING",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=two_servers[0].environment())
    yield
    process.terminate()
    assert process.wait(30) == 0


def test_change_at_one_server_reaches_a_page_of_the_other(
    two_servers: tuple[LiveServer, LiveServer],
) -> None:
    one, two = two_servers
    key = one.adduser("ann")
    call(one, key, "POST", "/projects", {"org": "ann", "slug": "mnist", "visibility": "public"})
    with connect(f"ws://127.0.0.1:{two.port}/ws/live", origin=Origin(two.url), proxy=None) as page:
        page.send(json.dumps({"subscribe": "ann/mnist"}))
        assert json.loads(page.recv(timeout=10)) == {"subscribed": "ann/mnist"}
        run = call(one, key, "POST", "/projects/ann/mnist/runs", {})
        nudge = json.loads(page.recv(timeout=10))
    assert nudge == {"kind": "runs", "ids": [run["uid"]]}


@pytest.mark.usefixtures("worker")
def test_worker_of_its_own_finds_the_crashed_run(
    two_servers: tuple[LiveServer, LiveServer],
) -> None:
    server = two_servers[0]
    key = server.adduser("ann")
    call(server, key, "POST", "/projects", {"org": "ann", "slug": "mnist"})
    run = call(server, key, "POST", "/projects/ann/mnist/runs", {})
    make_old = (
        "from apps.runs import models, tasks;"
        "models.Run.objects.update(heartbeat_at='2020-01-01T00:00Z');"
        "tasks.mark_crashed_runs.delay()"
    )
    server.manage("shell", "--no-imports", "-c", make_old)
    assert wait_for_state(server, key, run["uid"], "crashed", seconds=30)
