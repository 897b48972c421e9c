"""A small server in this process that keeps what it is sent, and can be told to misbehave."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zstandard

import wanllm
from wanllm import _notice

KEY = "0123456789abcdef" * 2 + "01234567"
SOURCE = Path(__file__).parent.parent / "src"


class FakeServer:
    """Keeps runs and streams as the real one does: by idempotency key, and by offset."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.streams: dict[str, list[dict[str, Any]]] = {}
        self.labels: dict[str, str] = {}
        self.projects: set[str] = set()
        self.requests: list[tuple[str, str]] = []
        # Answers to give instead of the real one, one request each: (status, headers, body).
        self.faults: list[tuple[int, dict[str, str], dict[str, Any]]] = []
        self.refuses: Any = None  # a function of a record that says whether to refuse it with 422
        self.commands: list[str] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler_class())
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def records(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return all records of all streams, streams in the order they began."""
        return [r for s in self.streams.values() for r in s if kind is None or r["kind"] == kind]

    def rows(self) -> list[dict[str, Any]]:
        """Return every row of every `rows` record as {"step": …, key: value}."""
        return [row for record in self.records("rows") for row in unpack_rows(record)]

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if headers.get("Authorization") != f"Bearer {KEY}":
            return 401, error("unauthenticated", "The key is not good.")
        if path == "auth/me":
            return 200, {"username": "ann", "org": "ann"}
        if path == "projects":
            wanted = json.loads(body)
            self.projects.add(f"{wanted['org']}/{wanted['slug']}")
            return 201, wanted
        if path.endswith("/runs"):
            return self._create(path, headers["Idempotency-Key"], json.loads(body))
        return self._append(path.split("/")[1], headers, body)

    def _create(self, path: str, key: str, body: dict[str, Any]) -> tuple[int, Any]:
        project = path[len("projects/") : -len("/runs")]
        if project not in self.projects:
            return 404, error("project_not_found", f"There is no project {project}.")
        same = [r for r in self.runs.values() if r["id"] == body["id"]]
        if same and same[0]["key"] != key and body["resume"] == "never":
            return 409, error("run_exists", "There is a run of this ID already.")
        if not same and body["resume"] == "must":
            return 404, error("run_not_found", "There is no such run to resume.")
        if same:
            return 200, same[0]
        org, name = project.split("/")
        run = {
            "uid": f"uid{len(self.runs)}",
            "id": body["id"],
            "name": body.get("name") or "calm-tern-1",
            "org": org,
            "project": name,
            "url": f"{self.url}/{project}/runs/{body['id']}",
            "config": body["config"],
            "last_step": None,
            "key": key,
            "body": body,
        }
        self.runs[run["uid"]] = run
        return 201, run

    def _append(self, uid: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if uid not in self.runs:
            return 404, error("run_not_found", "There is no such run.")
        if headers.get("Content-Encoding") == "zstd":
            body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        request = msgpack.unpackb(body)
        records = self.streams.setdefault(request["stream"], [])
        self.labels[request["stream"]] = request["label"]
        if request["offset"] > len(records):
            return 409, {**error("gap", "Records are missing."), "offset": len(records)}
        if self.refuses is not None and any(map(self.refuses, request["records"])):
            return 422, error("invalid", "A record cannot be used.")
        records.extend(request["records"][len(records) - request["offset"] :])
        return 200, {"offset": len(records), "commands": self.commands, "retry_after": None}

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._reply()

            def do_POST(self) -> None:
                self._reply()

            def _reply(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("/api/v1/")[2]
                server.requests.append((self.command, path))
                extra: dict[str, str] = {}
                if server.faults:
                    status, extra, answer = server.faults.pop(0)
                else:
                    status, answer = server.answer(self.command, path, self.headers, body)
                content = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                """Stay silent."""

        return Handler


def error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "fields": {}}}


def unpack_rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a `rows` or `system` record as {"step": …, key: value}."""
    count = len(record["times"]) // 8
    steps = record["steps"]
    if isinstance(steps, dict):
        steps = [steps["start"] + i * steps["stride"] for i in range(count)]
    else:
        steps = list(struct.unpack(f"<{count}q", steps))
    rows: list[dict[str, Any]] = [{"step": step} for step in steps]
    for key, column in record["columns"].items():
        places: Any = range(count)
        if isinstance(column, dict):
            size = len(column["rows"]) // 4
            places = struct.unpack(f"<{size}I", column["rows"])
            column = column["values"]
        for place, value in zip(places, struct.unpack(f"<{len(column) // 8}d", column)):
            rows[place][key] = value
    for key, pairs in record.get("objects", {}).items():
        for place, value in pairs:
            rows[place][key] = value
    return rows


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.close()


@pytest.fixture(autouse=True)
def clean_slate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Each test has its own folder and home, no WANLLM_ variable, and leaves no run behind."""
    for name in list(os.environ):
        if name.startswith(("WANLLM_", "SLURM_", "RANK")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WANLLM_GIT", "false")
    monkeypatch.chdir(tmp_path)
    if "server" in request.fixturenames:
        monkeypatch.setenv("WANLLM_BASE_URL", request.getfixturevalue("server").url)
        monkeypatch.setenv("WANLLM_API_KEY", KEY)
    _notice.forget()
    yield
    wanllm.finish()


def run_script(text: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, with this SDK on its path."""
    done = subprocess.run(
        [sys.executable, "-c", text],
        env={**os.environ, "PYTHONPATH": str(SOURCE), **env},
        capture_output=True,
        timeout=60,
        check=False,
    )
    # Decoded here: text mode would turn carriage returns into line ends.
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )
