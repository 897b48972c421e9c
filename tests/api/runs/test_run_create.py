"""POST /projects/{org}/{project}/runs: made, repeated, resumed, refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.orgs.models import User
from apps.runs.models import Run
from tests.api.rest import error_of, send
from tests.conftest import Cast
from tests.factories import make_run

AsUser = Callable[[User], Client]
RUNS = "projects/acme/mnist/runs"

FULL = {
    "id": "r1",
    "name": "first",
    "group": "g",
    "job_type": "train",
    "notes": "n",
    "tags": ["a", "b"],
    "config": {"lr": 0.1, "opt": {"name": "adam"}},
    "git": {"commit": "abc", "branch": "main", "dirty": False, "diff": "-a\n+b"},
    "environment": {"host": "n1", "packages": {"numpy": "2.0"}},
    "started_at": "2026-01-01T00:00:00Z",
}


@pytest.fixture
def mel(cast: Cast, as_user: AsUser) -> Client:
    return as_user(cast.mel)


def test_a_run_comes_back_as_it_was_sent(cast: Cast, mel: Client) -> None:
    response = send(mel, "post", RUNS, FULL)
    assert response.status_code == 201
    made = response.json()
    for name, value in FULL.items():
        assert made[name] == value, name
    assert made["number"] == 1
    assert (made["org"], made["project"], made["user"]) == ("acme", "mnist", "mel")
    assert (made["state"], made["config_version"], made["summary"]) == ("running", 1, {})
    assert made["url"] == "http://testserver/acme/mnist/runs/r1"
    assert send(mel, "get", f"runs/{made['uid']}").json() == made
    assert send(mel, "get", f"{RUNS}/r1").json() == made


def test_an_empty_body_is_enough(mel: Client) -> None:
    made = send(mel, "post", RUNS, {})
    assert made.status_code == 201
    assert len(made.json()["id"]) == 8


def test_the_same_request_again_answers_the_same_run(mel: Client) -> None:
    headers = {"Idempotency-Key": "4f0c"}
    answers = [
        mel.post(f"/api/v1/{RUNS}", FULL, content_type="application/json", headers=headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    other = mel.post(
        f"/api/v1/{RUNS}", {"id": "r2"}, content_type="application/json", headers=headers
    )
    assert (other.status_code, error_of(other)["code"]) == (409, "idempotency_key_reused")


def test_an_idempotency_key_that_is_too_long(mel: Client) -> None:
    response = mel.post(
        f"/api/v1/{RUNS}",
        {},
        content_type="application/json",
        headers={"Idempotency-Key": "x" * 65},
    )
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("resume", "status", "code"),
    [
        (None, 409, "run_exists"),
        ("never", 409, "run_exists"),
        ("allow", 200, ""),
        ("must", 200, ""),
    ],
)
def test_resuming(mel: Client, resume: str | None, status: int, code: str) -> None:
    send(mel, "post", RUNS, FULL)
    body = {"id": "r1"} | ({"resume": resume} if resume else {})
    response = send(mel, "post", RUNS, body)
    assert response.status_code == status
    assert not code or error_of(response)["code"] == code


def test_resuming_what_is_not_there(mel: Client) -> None:
    response = send(mel, "post", RUNS, {"id": "r1", "resume": "must"})
    assert (response.status_code, error_of(response)["code"]) == (404, "run_not_found")


def test_a_deleted_run_is_gone(mel: Client) -> None:
    made = send(mel, "post", RUNS, FULL).json()
    send(mel, "delete", f"runs/{made['uid']}")
    response = send(mel, "post", RUNS, {"id": "r1", "resume": "allow"})
    assert (response.status_code, error_of(response)["code"]) == (410, "run_deleted")


def test_a_project_that_is_not_there(mel: Client) -> None:
    response = send(mel, "post", "projects/acme/nowhere/runs", {})
    assert (response.status_code, error_of(response)["code"]) == (404, "project_not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"id": 5}, "id"),
        ({"id": "a/b"}, "id"),
        ({"id": ""}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": None}, "id"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": True}, "name"),
        ({"group": 1}, "group"),
        ({"notes": "x" * 100_001}, "notes"),
        ({"tags": "a"}, "tags"),
        ({"tags": [1]}, "tags.0"),
        ({"tags": ["x" * 101]}, "tags"),
        ({"tags": [str(number) for number in range(51)]}, "tags"),
        ({"config": []}, "config"),
        ({"config": "x"}, "config"),
        ({"config": {"a\0": 1}}, "config"),
        ({"git": []}, "git"),
        ({"environment": None}, "environment"),
        ({"resume": "perhaps"}, "resume"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"started_at": 5}, "started_at"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at"),
        ({"nme": "x"}, "nme"),
        ({"state": "finished"}, "state"),
        ({"number": 3}, "number"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_made(
    mel: Client, body: dict[str, Any], field: str
) -> None:
    response = send(mel, "post", RUNS, body)
    assert response.status_code == 422
    assert field in error_of(response)["fields"]
    assert not Run.objects.exists()


@pytest.mark.parametrize("body", ["[]", '"x"', "5", "null", '{"id": "r1"', "{'id': 1}", "\xff\xfe"])
def test_a_body_that_is_no_object_is_refused(mel: Client, body: str) -> None:
    response = mel.post(f"/api/v1/{RUNS}", body.encode("latin-1"), content_type="application/json")
    assert response.status_code in {400, 422}
    error_of(response)
    assert not Run.objects.exists()


@pytest.mark.parametrize("name", ["config", "git", "environment"])
def test_ten_megabytes_are_refused_with_the_limit_in_words(mel: Client, name: str) -> None:
    response = send(mel, "post", RUNS, {name: {"x": "y" * 10_000_000}})
    error = error_of(response)
    assert (response.status_code, error["code"]) == (413, "limit_exceeded")
    assert "4,194,304" in error["message"]
    assert name in error["fields"]
    assert not Run.objects.exists()


def test_thousands_of_config_keys_and_odd_ones_come_back(mel: Client) -> None:
    config = {f"k{number}": number for number in range(9_990)}
    odd = {"é" * 256: 1, "a.b": {"c": [None, {}]}, "": 2, "😀": "\n", "$float": "NaN", "i": 2**70}
    made = send(mel, "post", RUNS, {"config": config | odd})
    assert made.status_code == 201
    assert made.json()["config"] == config | odd
    found = send(
        mel, "get", f"{RUNS}?q=config.k9989+%3D+9989+and+config.%60%F0%9F%98%80%60+is+not+null"
    )
    assert found.json()["count"] == 1


def test_floats_that_json_has_no_word_for_come_back_as_text(mel: Client) -> None:
    body = '{"config": {"a": NaN, "b": -Infinity, "c": [Infinity], "d": 1e999}}'
    made = mel.post(f"/api/v1/{RUNS}", body, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["config"] == {
        "a": "NaN",
        "b": "-Infinity",
        "c": ["Infinity"],
        "d": "Infinity",
    }
    json.loads(made.content, parse_constant=lambda word: pytest.fail(f"{word} is no strict JSON"))


def test_a_run_belongs_to_its_project(cast: Cast, mel: Client) -> None:
    run = make_run(cast.mnist, cast.ann)
    assert send(mel, "get", f"projects/mel/mnist/runs/{run.short_id}").status_code == 404
