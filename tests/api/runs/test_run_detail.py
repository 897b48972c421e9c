"""/runs/{uid}: read, changed, ended, deleted and brought back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.orgs.models import User
from apps.runs import documents, services
from apps.runs.models import Run
from tests.api.rest import error_of, send
from tests.conftest import Cast
from tests.factories import make_run

AsUser = Callable[[User], Client]


@pytest.fixture
def mel(cast: Cast, as_user: AsUser) -> Client:
    return as_user(cast.mel)


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.ann, short_id="r1", name="old", config={"a": {"b": 1}})


# --- Changed -----------------------------------------------------------------------------------
def test_what_is_sent_changes_and_what_is_not_stays(mel: Client, run: Run) -> None:
    body = {
        "name": "new",
        "tags": ["x"],
        "notes": "n",
        "config": {"a": {"c": 2}, "d": 3},
        "config_delete": [["a", "b"]],
        "summary": {"best": 1.5},
    }
    response = send(mel, "patch", f"runs/{run.uid}", body)
    assert response.status_code == 200
    changed = response.json()
    assert (changed["name"], changed["tags"], changed["notes"]) == ("new", ["x"], "n")
    assert (changed["config"], changed["config_version"]) == ({"a": {"c": 2}, "d": 3}, 2)
    assert (changed["summary"], changed["group"]) == ({"best": 1.5}, "")
    again = send(mel, "patch", f"runs/{run.uid}", {"summary_delete": ["best"], "group": "g"}).json()
    assert (again["summary"], again["group"], again["name"]) == ({}, "g", "new")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 3}, "name"),
        ({"name": "ok", "tags": ["x" * 101]}, "tags"),
        ({"name": "ok", "config": {"a\0": 1}}, "config"),
        ({"config": []}, "config"),
        ({"config_delete": ["a"]}, "config_delete.0"),
        ({"config_delete": [[]]}, "config_delete.0"),
        ({"config_delete": [[1]]}, "config_delete.0.0"),
        ({"summary_delete": "a"}, "summary_delete"),
        ({"state": "finished"}, "state"),
        ({"id": "r2"}, "id"),
        ({"uid": "x"}, "uid"),
        ({"created_at": "2026-01-01"}, "created_at"),
    ],
)
def test_what_cannot_be_is_named_and_changes_nothing(
    mel: Client, run: Run, body: dict[str, Any], field: str
) -> None:
    before = send(mel, "get", f"runs/{run.uid}").json()
    response = send(mel, "patch", f"runs/{run.uid}", body)
    assert response.status_code == 422
    assert field in error_of(response)["fields"]
    assert send(mel, "get", f"runs/{run.uid}").json() == before


def test_ten_megabytes_of_summary_are_refused(mel: Client, run: Run) -> None:
    response = send(
        mel, "patch", f"runs/{run.uid}", {"name": "x", "summary": {"s": "y" * 10_000_000}}
    )
    assert (response.status_code, error_of(response)["code"]) == (413, "limit_exceeded")
    assert Run.objects.get(pk=run.pk).name == "old"


def test_a_patch_that_changes_nothing(mel: Client, run: Run) -> None:
    before = send(mel, "get", f"runs/{run.uid}").json()
    assert send(mel, "patch", f"runs/{run.uid}", {}).json() == before


def test_two_writers_each_keep_their_part(
    cast: Cast, mel: Client, as_user: AsUser, run: Run
) -> None:
    ann = as_user(cast.ann)
    send(mel, "patch", f"runs/{run.uid}", {"config": {"mel": 1}, "name": "mel's"})
    send(ann, "patch", f"runs/{run.uid}", {"config": {"ann": 1}, "notes": "ann's"})
    found = send(mel, "get", f"runs/{run.uid}").json()
    assert found["config"] == {"a": {"b": 1}, "mel": 1, "ann": 1}
    assert (found["name"], found["notes"]) == ("mel's", "ann's")


# --- Its config's history ----------------------------------------------------------------------
def test_the_history_tells_what_was_set_and_deleted_when_and_by_whom(
    cast: Cast, mel: Client, run: Run
) -> None:
    send(mel, "patch", f"runs/{run.uid}", {"config": {"lr": 1}, "config_delete": [["a", "b"]]})
    documents.update_config(run_id=run.pk, author_id=None, set_values={"lr": float("nan")})
    items = send(mel, "get", f"runs/{run.uid}/config-history").json()["items"]
    assert [(item["version"], item["user"], item["set"], item["delete"]) for item in items] == [
        (1, "ann", {"a": {"b": 1}}, []),
        (2, "mel", {"lr": 1}, [["a", "b"]]),
        (3, None, {"lr": "NaN"}, []),
    ]
    assert items[0]["changed_at"] < items[2]["changed_at"]


# --- Ended -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({}, "finished"),
        ({"exit_code": 0}, "finished"),
        ({"exit_code": 1}, "failed"),
        ({"exit_code": -9}, "killed"),
        ({"exit_code": 1, "state": "killed"}, "killed"),
    ],
)
def test_a_run_ends_once(mel: Client, run: Run, body: dict[str, Any], state: str) -> None:
    response = send(mel, "post", f"runs/{run.uid}/finish", body)
    assert (response.status_code, response.json()["state"]) == (200, state)
    assert response.json()["ended_at"] is not None
    again = send(mel, "post", f"runs/{run.uid}/finish", {"state": "failed", "exit_code": 5})
    assert again.json() == response.json()


@pytest.mark.parametrize(
    "body",
    [
        {"state": "running"},
        {"state": "crashed"},
        {"exit_code": "x"},
        {"exit_code": 2**31},
        {"exit_code": 1.5},
        {"code": 1},
        [],
    ],
)
def test_an_end_that_cannot_be(mel: Client, run: Run, body: Any) -> None:
    response = send(mel, "post", f"runs/{run.uid}/finish", body)
    assert response.status_code == 422
    error_of(response)
    assert Run.objects.get(pk=run.pk).state == "running"


# --- Deleted and brought back ------------------------------------------------------------------
def test_a_deleted_run_is_gone_until_it_is_restored(mel: Client, run: Run) -> None:
    send(mel, "patch", f"runs/{run.uid}", {"tags": ["t"]})
    before = send(mel, "get", f"runs/{run.uid}").json()
    assert send(mel, "delete", f"runs/{run.uid}").status_code == 204
    for method, path in (
        ("get", f"runs/{run.uid}"),
        ("patch", f"runs/{run.uid}"),
        ("delete", f"runs/{run.uid}"),
        ("post", f"runs/{run.uid}/finish"),
        ("get", f"runs/{run.uid}/config-history"),
        ("get", "projects/acme/mnist/runs/r1"),
    ):
        response = send(mel, method, path, {} if method != "get" else None)
        assert (response.status_code, error_of(response)["code"]) == (410, "run_deleted"), path
    assert send(mel, "get", "projects/acme/mnist/runs").json()["items"] == []
    restored = send(mel, "post", f"runs/{run.uid}/restore")
    assert (restored.status_code, restored.json()) == (200, before)
    assert send(mel, "post", f"runs/{run.uid}/restore").status_code == 200


@pytest.mark.parametrize("uid", ["x", "0" * 16, "0" * 300, "a%00b", "é", "..", "%F0%9F%98%80"])
def test_a_run_that_is_not_there(cast: Cast, mel: Client, uid: str) -> None:
    response = send(mel, "get", f"runs/{uid}")
    assert response.status_code == 404
    error_of(response)


def test_a_run_of_a_project_that_one_cannot_see(cast: Cast, as_user: AsUser, run: Run) -> None:
    sam = as_user(cast.sam)
    for method in ("get", "patch", "delete"):
        response = send(sam, method, f"runs/{run.uid}", {} if method != "get" else None)
        assert (response.status_code, error_of(response)["code"]) == (404, "run_not_found")
    services.delete_run(run=run)
    assert send(sam, "get", f"runs/{run.uid}").status_code == 404, "not even that it was there"
