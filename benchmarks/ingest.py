"""Points a second through the stream route: client and one server process on the same cores, all committed.

    python benchmarks/ingest.py [--seconds 8] [--postgres URL] [--mlflow PYTHON]

The bodies are made beforehand: 10 steps × 50 keys (500 points) and 100 steps × 100 keys (10,000 points), in
msgpack, values that were float32 as metrics are; 16 writers, each a run of its own, one request after the
other. Then the runs finish, and once everything is sealed the database is measured. `--mlflow` names a Python
that has mlflow: its `log_batch`, 1,000 points a call, against its own server on SQLite, is the peer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.databases import own_database
from tests.live_server import LiveServer, free_port

WRITERS = 16
SHAPES = {"10,000-point requests": (100, 100), "500-point requests": (10, 50)}
TARGETS = {
    ("sqlite", "10,000-point requests"): 2.0e6,
    ("sqlite", "500-point requests"): 0.4e6,
    ("postgresql", "10,000-point requests"): 1.0e6,
    ("postgresql", "500-point requests"): 0.2e6,
}
MLFLOW_TARGET = 300
BYTES_TARGET = 4.0
SEAL_TIMEOUT_S = 300

SIZE_OF_DATABASE = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM metrics_batch")
    waiting = cursor.fetchone()[0]
    if not waiting:
        cursor.execute("VACUUM" if connection.vendor == "sqlite" else "VACUUM FULL")
    cursor.execute(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if connection.vendor == "sqlite" else "SELECT pg_database_size(current_database())"
    )
    print(waiting, cursor.fetchone()[0])
"""

MLFLOW_CLIENT = """
import sys, time
from mlflow.tracking import MlflowClient
from mlflow.entities import Metric
client = MlflowClient(sys.argv[1])
run = client.create_run("0").info.run_id
calls = [[Metric(f"k{k}", float(k), 1700000000000 + s, s) for s in range(i, i + 20) for k in range(50)]
         for i in range(0, 20000, 20)]
client.log_batch(run, metrics=calls[0])
start, done = time.perf_counter(), 0
for call in calls[1:]:
    client.log_batch(run, metrics=call)
    done += len(call)
    if time.perf_counter() - start > float(sys.argv[2]):
        break
print(done / (time.perf_counter() - start))
"""


@dataclass
class Result:
    """What one shape of request came to."""

    points: int
    seconds: float
    server_cpu_s: float

    @property
    def rate(self) -> float:
        return self.points / self.seconds


def post(url: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send JSON and return the JSON of the answer."""
    request = urllib.request.Request(
        url,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer))


def bodies(stream: str, steps: int, keys: int, count: int, seed: int) -> list[bytes]:
    """Make `count` consecutive requests of one writer."""
    random = np.random.default_rng(seed)
    walks = np.exp(-np.arange(steps * count) / (steps * count / 3))[None, :] + random.normal(
        0, 0.02, (keys, steps * count)
    )
    values = walks.astype(np.float32).astype(np.float64)
    times = 1.7e9 + np.cumsum(random.uniform(0.09, 0.11, steps * count))
    packed = []
    for place in range(count):
        part = slice(place * steps, (place + 1) * steps)
        columns = {f"train/metric_{k:03}": values[k, part].tobytes() for k in range(keys)}
        record = {
            "kind": "rows",
            "steps": {"start": place * steps, "stride": 1},
            "times": times[part].tobytes(),
            "columns": columns,
        }
        packed.append(msgpack.packb({"stream": stream, "offset": place, "records": [record]}))
    return packed


class Connection:
    """One kept-alive HTTP/1.1 connection; small, so that the client takes little of the two cores."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def send(self, path: str, body: bytes) -> dict[str, Any]:
        self.writer.write(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/msgpack\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        answer = json.loads(await self.reader.readexactly(length))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server answered {head[:30]!r} {answer}")
        return dict(answer)


async def write(port: int, key: str, uid: str, requests: list[bytes], until: float) -> int:
    """Send requests until the time is up; return how many were acknowledged."""
    connection = Connection(port, key)
    await connection.open()
    for place, body in enumerate(requests):
        answer = await connection.send(f"/api/v1/runs/{uid}/stream", body)
        if answer["offset"] != place + 1:
            raise RuntimeError(f"not stored: {answer}")
        if time.perf_counter() > until:
            return place + 1
    return len(requests)


async def measure(server: LiveServer, key: str, shape: str, seconds: float) -> Result:
    """Log one shape of request from all writers at once."""
    steps, keys = SHAPES[shape]
    count = int(seconds * 8e6 / (steps * keys) / WRITERS) if steps == 100 else int(seconds * 250)
    writers = []
    for number in range(WRITERS):
        run = post(f"{server.url}/api/v1/projects/ben/ingest/runs", key, {"name": f"r{number}"})
        requests = bodies(str(uuid.uuid4()), steps, keys, count, number)
        writers.append((run["uid"], requests))
    process = psutil.Process(server.pid)
    before, started = process.cpu_times(), time.perf_counter()
    done = await asyncio.gather(
        *(write(server.port, key, uid, requests, started + seconds) for uid, requests in writers)
    )
    elapsed, after = time.perf_counter() - started, process.cpu_times()
    for uid, _ in writers:
        post(f"{server.url}/api/v1/runs/{uid}/finish", key, {"exit_code": 0})
    cpu = after.user + after.system - before.user - before.system
    return Result(sum(done) * steps * keys, elapsed, cpu)


def at_rest(server: LiveServer) -> int:
    """Wait until everything is sealed; return the bytes that the database takes then."""
    deadline = time.monotonic() + SEAL_TIMEOUT_S
    while time.monotonic() < deadline:
        waiting, size = map(int, server.manage("shell", "-v0", "-c", SIZE_OF_DATABASE).split())
        if not waiting:
            return size
        time.sleep(2)
    raise RuntimeError(f"not sealed within {SEAL_TIMEOUT_S} s")


def mlflow_rate(python: str, seconds: float) -> float:
    """Return the points a second that MLflow's log_batch stores with its own server."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
        store = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
        server = subprocess.Popen(
            [python, *command, *store],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{url}/health", timeout=2)
                    break
                except OSError:
                    time.sleep(0.5)
            client = [python, "-c", MLFLOW_CLIENT, url, str(seconds)]
            return float(subprocess.run(client, check=True, capture_output=True, text=True).stdout)
        finally:
            os.killpg(server.pid, 15)
            server.wait()


def benchmark(database: str, url: str, seconds: float, peer: float | None) -> None:
    """Measure both shapes on one database and print a line each."""
    with tempfile.TemporaryDirectory() as folder:
        server = LiveServer(Path(folder) / "data", variables={"WANLLMDB_DATABASE_URL": url})
        server.start()
        try:
            key = server.adduser("ben")
            post(f"{server.url}/api/v1/projects", key, {"org": "ben", "slug": "ingest"})
            empty, points = at_rest(server), 0
            for shape in SHAPES:
                result = asyncio.run(measure(server, key, shape, seconds))
                points += result.points
                print(line(database, shape, result, peer), flush=True)
            size = at_rest(server) - empty
            verdict = "within" if size / points <= BYTES_TARGET else "OVER"
            print(
                f"{database}, at rest after sealing: {size / points:.2f} bytes a point"
                f" ({points:,} points), {verdict} {BYTES_TARGET}",
                flush=True,
            )
        finally:
            server.stop()


def line(database: str, shape: str, result: Result, peer: float | None) -> str:
    """Say what one measurement came to."""
    target = TARGETS[database, shape]
    verdict = "reached" if result.rate >= target else "MISSED"
    text = (
        f"{database}, {shape}: {result.rate / 1e6:.2f}M points/s (target {target / 1e6:.1f}M {verdict}),"
        f" server CPU {result.server_cpu_s / result.points * 1e9:.0f} ns a point"
    )
    return text if peer is None else f"{text}, {result.rate / peer:,.0f}× MLflow's log_batch"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--postgres", default=os.environ.get("TEST_POSTGRES_URL"))
    parser.add_argument("--mlflow", help="a Python with mlflow installed")
    options = parser.parse_args()
    peer = mlflow_rate(options.mlflow, options.seconds) if options.mlflow else None
    if peer is not None:
        print(
            f"mlflow, log_batch of 1,000 points: {peer:,.0f} points/s (target: {MLFLOW_TARGET}× below)"
        )
    benchmark("sqlite", "", options.seconds, peer)
    if not options.postgres:
        print("postgresql: left out, TEST_POSTGRES_URL names no server")
        return
    with own_database(options.postgres) as url:
        benchmark("postgresql", url, options.seconds, peer)


if __name__ == "__main__":
    main()
