"""The same at once, from many clients, on a real server with each database."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import psycopg
import pytest

from tests.live_server import LiveServer, copy_of

CLIENTS = 12


@dataclass
class Api:
    """REST with one user's key."""

    server: LiveServer
    key: str

    def call(
        self, method: str, path: str, body: Any = None, idempotency_key: str = ""
    ) -> tuple[int, Any]:
        """Return the status and the JSON of an answer, refused or not."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        request = urllib.request.Request(
            f"{self.server.url}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read())

    def at_once(self, calls: list[tuple[Any, ...]]) -> list[tuple[int, Any]]:
        """Make calls from as many threads, all let go at the same moment."""
        barrier = threading.Barrier(len(calls))

        def one(arguments: tuple[Any, ...]) -> tuple[int, Any]:
            barrier.wait(30)
            return self.call(*arguments)

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))


@contextmanager
def own_postgres(postgres_url: str) -> Iterator[dict[str, str]]:
    name = f"races_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield {"WANLLMDB_DATABASE_URL": urlsplit(postgres_url)._replace(path=f"/{name}").geturl()}
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, migrated_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        server = LiveServer(copy_of(migrated_data, folder))
        server.start()
        yield server
        server.stop()
        return
    with own_postgres(request.getfixturevalue("postgres_url")) as variables:
        server = LiveServer(folder / "data", variables)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def api(server: LiveServer) -> Api:
    """A user of its own for each test, with a project `p`."""
    name = f"u{uuid4().hex[:12]}"
    api = Api(server, server.adduser(name))
    assert api.call("POST", "projects", {"org": name, "slug": "p"})[0] == 201
    return api


def runs_of(api: Api) -> str:
    status, me = api.call("GET", "auth/me")
    assert status == 200
    return f"projects/{me['org']}/p/runs"


def test_the_same_request_at_once_makes_one_run(api: Api) -> None:
    runs = runs_of(api)
    for body in ({}, {"id": "r"}):
        key = uuid4().hex
        answers = api.at_once([("POST", runs, body, key)] * CLIENTS)
        assert Counter(status for status, _ in answers) == {201: 1, 200: CLIENTS - 1}
        assert len({made["uid"] for _, made in answers}) == 1
    assert api.call("GET", runs)[1]["count"] == 2


def test_one_of_many_gets_an_id_and_the_others_are_told(api: Api) -> None:
    answers = api.at_once([("POST", runs_of(api), {"id": "r"})] * CLIENTS)
    assert Counter(status for status, _ in answers) == {201: 1, 409: CLIENTS - 1}
    assert {body["error"]["code"] for status, body in answers if status == 409} == {"run_exists"}


def test_runs_made_at_once_are_numbered_without_gaps(api: Api) -> None:
    runs = runs_of(api)
    config = {f"k{number}": number for number in range(30)}
    answers = api.at_once([("POST", runs, {"config": config})] * CLIENTS)
    assert sorted(made["number"] for _, made in answers) == list(range(1, CLIENTS + 1))
    wait_for_columns(api, runs, {f"config.k{number}": CLIENTS for number in range(30)})


def test_writers_of_one_config_each_keep_their_part(api: Api) -> None:
    runs = runs_of(api)
    run = api.call("POST", runs, {"config": {"shared": {}}})[1]["uid"]
    changes = [
        ("PATCH", f"runs/{run}", {"config": {"shared": {f"k{number}": number}}, "tags": ["t"]})
        for number in range(CLIENTS)
    ]
    assert {status for status, _ in api.at_once(changes)} == {200}
    found = api.call("GET", f"runs/{run}")[1]
    assert found["config"] == {"shared": {f"k{number}": number for number in range(CLIENTS)}}
    assert (found["config_version"], found["tags"]) == (CLIENTS + 1, ["t"])
    history = api.call("GET", f"runs/{run}/config-history")[1]["items"]
    assert [item["version"] for item in history] == list(range(1, CLIENTS + 2))
    assert api.call("POST", f"runs/{run}/finish", {})[0] == 200
    wait_for_columns(api, runs, {f"config.shared.k{number}": 1 for number in range(CLIENTS)})


def test_a_live_run_is_searchable_a_moment_after_each_change(api: Api) -> None:
    runs = runs_of(api)
    uid = api.call("POST", runs, {"config": {"a": 1}})[1]["uid"]
    wait_for_columns(api, runs, {"config.a": 1})
    assert (
        api.call("PATCH", f"runs/{uid}", {"config": {"b": 1}, "config_delete": [["a"]]})[0] == 200
    )
    wait_for_columns(api, runs, {"config.b": 1})


def test_an_end_told_by_many_is_one_end(api: Api) -> None:
    run = api.call("POST", runs_of(api), {})[1]["uid"]
    ends = [("POST", f"runs/{run}/finish", {"exit_code": code}) for code in range(CLIENTS)]
    answers = api.at_once(ends)
    assert {status for status, _ in answers} == {200}
    assert len({(body["state"], body["exit_code"], body["ended_at"]) for _, body in answers}) == 1


def test_deleting_and_restoring_at_once_ends_in_one_of_the_two(api: Api) -> None:
    runs = runs_of(api)
    run = api.call("POST", runs, {"config": {"x": 1}})[1]["uid"]
    half = [("DELETE", f"runs/{run}"), ("POST", f"runs/{run}/restore")] * (CLIENTS // 2)
    assert {status for status, _ in api.at_once(half)} <= {200, 204, 410}
    assert api.call("POST", f"runs/{run}/restore")[0] == 200
    wait_for_columns(api, runs, {"config.x": 1})
    found = api.call("GET", f"{runs}?q={quote('config.x = 1')}")[1]
    assert found["count"] == 1


def test_everything_at_once_to_one_run_is_answered(api: Api) -> None:
    runs = runs_of(api)
    uid = api.call("POST", runs, {"id": "busy"})[1]["uid"]

    def log(stream: str, offset: int) -> tuple[Any, ...]:
        rows = {"kind": "rows", "steps": [offset], "times": [1e9], "columns": {"loss": [0.5]}}
        config = {"kind": "config", "set": {stream: offset}}
        body = {"stream": stream, "offset": 2 * offset, "records": [rows, config]}
        return "POST", f"runs/{uid}/stream", body

    streams = [str(uuid4()) for _ in range(4)]
    for turn in range(6):
        others: list[tuple[Any, ...]] = [
            ("PATCH", f"runs/{uid}", {"name": f"n{turn}", "config": {"x": turn}, "tags": ["t"]}),
            ("PATCH", f"runs/{uid}", {"summary": {"best": turn}, "notes": "n"}),
            ("POST", f"runs/{uid}/finish", {"exit_code": 0}),
            ("POST", runs, {"id": "busy", "resume": "must", "config": {"y": turn}}),
            ("DELETE", f"runs/{uid}"),
            ("POST", f"runs/{uid}/restore"),
            ("POST", f"runs/{uid}/truncate", {"step": turn}),
            ("GET", f"{runs}?order=-summary.loss&q={quote('config.x >= 0')}"),
        ]
        answers = api.at_once([log(stream, turn) for stream in streams] + others)
        assert [body for status, body in answers if status >= 500] == []
        api.call("POST", f"runs/{uid}/restore")
        for stream in streams:  # What met a deleted run is sent again, as the SDK does.
            assert api.call(*log(stream, turn))[0] == 200


def wait_for_columns(api: Api, runs: str, wanted: dict[str, int]) -> None:
    """Wait for the background to bring the facts up to date, which takes a pause at most."""
    deadline = time.monotonic() + 60
    found: dict[str, int] = {}
    while found != wanted:
        assert time.monotonic() < deadline, found
        items = api.call("GET", runs.replace("/runs", "/columns"))[1]["items"]
        found = {item["field"]: item["runs"] for item in items}
        time.sleep(0.2)
