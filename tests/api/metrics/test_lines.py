"""Lines over REST: forms, limits, who may see what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.metrics import store
from apps.orgs.models import User
from apps.runs import services as run_services
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_project, make_run
from tests.unit.metrics.test_frame import read_frame

SignIn = Callable[[User], Client]


@pytest.fixture
def run(cast: Cast) -> Run:
    return write(make_run(cast.mnist, cast.mel), loss=[3, "NaN", 1], acc=[0.1, 0.2, 0.3])


@pytest.fixture
def client(cast: Cast, as_user: SignIn) -> Client:
    return as_user(cast.vic)


def write(run: Run, **columns: Any) -> Run:
    rows = len(next(iter(columns.values())))
    record = {"kind": "rows", "steps": list(range(rows)), "columns": columns}
    record["times"] = [1.8e9 + row for row in range(rows)]
    assert store.append(run=run, stream=uuid4(), records=[record]).refused == []
    return run


def url(run: Run) -> str:
    return f"/api/v1/runs/{run.uid}/metrics"


def query(client: Client, **body: Any) -> Any:
    return client.post("/api/v1/metrics/query", body, content_type="application/json")


def test_json_is_the_default(run: Run, client: Client) -> None:
    answer = client.get(url(run), {"keys": ["loss", "acc"]})
    assert answer.headers["Content-Type"] == "application/json"
    found = {series["key"]: series for series in answer.json()["series"]}
    assert found["loss"] == {
        "run": run.uid, "key": "loss", "n": 3, "total": 3, "level": 0, "nan": 1, "dropped": 0,
        "x": [0, 1, 2], "y": [3.0, "NaN", 1.0],
    }  # fmt: skip
    assert found["acc"]["y"] == [0.1, 0.2, 0.3]


def test_the_frame(run: Run, client: Client) -> None:
    answer = client.get(url(run), {"keys": "acc", "x": "relative", "format": "frame"})
    assert answer.headers["Content-Type"] == "application/octet-stream"
    header, ((x, y),) = read_frame(answer.content)
    assert (header["x"], header["t0"], x) == ("relative", {run.uid: 1.8e9}, [0, 1, 2])
    assert y == pytest.approx([0.1, 0.2, 0.3])


def test_csv(run: Run, client: Client) -> None:
    answer = client.get(url(run), {"keys": "loss", "format": "csv"})
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.content.decode() == (
        f"run,key,agg,step,value\n{run.uid},loss,,0,3.0\n{run.uid},loss,,1,NaN\n{run.uid},loss,,2,1.0\n"
    )


def test_window_points_and_means(run: Run, client: Client) -> None:
    asked = {"keys": "loss", "from": "1", "to": "2.0", "points": "1"}
    (series,) = client.get(url(run), asked).json()["series"]
    assert (series["total"], series["x"]) == (2, [2])
    many = write(make_run(run.project, run.created_by or User()), loss=list(range(100)))
    found = client.get(url(many), {"keys": "loss", "points": "8", "means": "1"}).json()["series"]
    assert [(s.get("agg"), s["n"] <= 8) for s in found] == [(None, True), ("mean", True)]


def test_what_is_unchanged_is_not_sent_again(run: Run, client: Client) -> None:
    first = client.get(url(run), {"keys": "loss"})
    tag = first.headers["ETag"]
    again = client.get(url(run), {"keys": "loss"}, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    write(run, loss=[9])
    assert client.get(url(run), {"keys": "loss"}, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keys", ""),
        ("points", "0"),
        ("points", "20001"),
        ("points", "many"),
        ("from", "NaN"),
        ("to", "inf"),
        ("to", "x"),
        ("kind", "console"),
        ("format", "xml"),
        ("means", "perhaps"),
        ("x", ""),
        ("keys", "x" * 513),
        ("colour", "red"),
    ],
)
def test_wrong_parameters_are_named(run: Run, client: Client, name: str, value: str) -> None:
    answer = client.get(url(run), {"keys": "loss", name: value})
    assert answer.status_code == 422
    assert any(field.startswith(name) for field in answer.json()["error"]["fields"])


def test_at_least_one_key_is_needed(run: Run, client: Client) -> None:
    answer = client.get(url(run))
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["keys"])


def test_many_runs_at_once(cast: Cast, run: Run, client: Client) -> None:
    other = write(make_run(cast.mnist, cast.mel), loss=[5])
    answer = query(client, runs=[other.uid, run.uid], keys=["loss", "nothing"])
    assert [(s["run"], s["y"]) for s in answer.json()["series"]] == [
        (other.uid, [5.0]),
        (run.uid, [3.0, "NaN", 1.0]),
    ]


def test_runs_that_one_cannot_see_are_left_out(cast: Cast, run: Run, as_user: SignIn) -> None:
    hidden = write(make_run(make_project(cast.acme, "b", cast.ann), cast.ann), loss=[1])
    deleted = write(make_run(cast.mnist, cast.mel), loss=[1])
    run_services.delete_run(run=deleted)
    asked = {"runs": [run.uid, hidden.uid, deleted.uid, "0" * 16, "no run"], "keys": ["loss"]}
    seen = {series["run"] for series in query(as_user(cast.vic), **asked).json()["series"]}
    assert seen == {run.uid, hidden.uid}
    assert query(as_user(cast.sam), **asked).json()["series"] == []
    groups = [{"name": "all", "runs": asked["runs"]}]
    found = query(as_user(cast.sam), groups=groups, keys=["loss"]).json()["series"]
    assert found == []


def test_groups(cast: Cast, run: Run, client: Client) -> None:
    other = write(make_run(cast.mnist, cast.mel), loss=[5])
    groups = [{"name": "all", "runs": [run.uid, other.uid, run.uid]}, {"name": "", "runs": []}]
    found = query(client, groups=groups, keys=["loss"]).json()["series"]
    by_agg = {series["agg"]: series for series in found}
    assert set(by_agg) == {"mean", "std", "stderr", "ci", "min", "max", "n"}
    assert by_agg["mean"] | {"x": 0} == {
        "group": "all", "agg": "mean", "key": "loss", "n": 2, "total": 4, "level": 0, "nan": 1,
        "dropped": 0, "x": 0, "y": [4.0, 1.0],
    }  # fmt: skip
    assert by_agg["std"]["y"][1] == "NaN"


@pytest.mark.parametrize(
    "body",
    [
        {"keys": []},
        {"keys": ["a"] * 201},
        {"keys": "loss"},
        {"keys": [["loss"]]},
        {"keys": ["loss"], "runs": "abc"},
        {"keys": ["loss"], "runs": ["x"] * 2001},
        {"keys": ["loss"], "groups": [{"runs": []}]},
        {"keys": ["loss"], "groups": [{"name": "a", "runs": []}] * 201},
        {"keys": ["loss"], "from": "abc"},
        {"keys": ["loss"], "limit": 3},
        [],
    ],
)
def test_wrong_queries_are_refused(client: Client, body: Any) -> None:
    answer = client.post("/api/v1/metrics/query", json.dumps(body), content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert answer.json()["error"]["code"] == "invalid"


def test_too_many_runs_in_groups_are_refused(client: Client) -> None:
    groups = [
        {"name": str(part), "runs": [f"{part}-{n}" for n in range(1500)]} for part in range(2)
    ]
    answer = query(client, keys=["loss"], groups=groups)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["runs"])
