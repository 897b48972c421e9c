"""GET /projects/{org}/{project}/runs and …/columns: asked for, ordered, paged, explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.orgs.models import User
from tests.api.rest import error_of
from tests.conftest import Cast
from tests.factories import make_run

AsUser = Callable[[User], Client]
RUNS = "/api/v1/projects/acme/mnist/runs"
COLUMNS = "/api/v1/projects/acme/mnist/columns"


@pytest.fixture
def vic(cast: Cast, as_user: AsUser) -> Client:
    for number in range(1, 6):
        make_run(
            cast.mnist,
            cast.ann,
            short_id=f"r{number}",
            name=f"run-{number}",
            config={"lr": number / 10},
            tags=["odd"] if number % 2 else [],
            git={"commit": "abc"},
            environment={"host": f"n{number}"},
        )
    return as_user(cast.vic)


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [item["id"] for item in response.json()["items"]]


def test_the_newest_come_first_without_git_and_environment(vic: Client) -> None:
    response = vic.get(RUNS)
    assert ids(response) == ["r5", "r4", "r3", "r2", "r1"]
    page = response.json()
    assert (page["next"], page["count"], page["count_is_capped"], page["hints"]) == (
        None,
        5,
        False,
        [],
    )
    assert page["items"][0]["config"] == {"lr": 0.5}
    assert not {"git", "environment"} & page["items"][0].keys()


def test_documents_are_given_on_demand(vic: Client) -> None:
    (item,) = vic.get(RUNS, {"limit": "1", "expand": "git"}).json()["items"]
    assert (item["git"], "environment" in item) == ({"commit": "abc"}, False)
    (item,) = vic.get(RUNS, {"limit": "1", "expand": "git,environment"}).json()["items"]
    assert item["environment"] == {"host": "n5"}
    assert error_of(vic.get(RUNS, {"expand": "git,config"}))["fields"] == {"expand": ["config"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("config.lr > 0.3", ["r5", "r4"]),
        ("tags has odd and not config.lr = 0.3", ["r5", "r1"]),
        ('{"field": "id", "op": "in", "value": ["r1", "r4"]}', ["r4", "r1"]),
        ("RUN-2", ["r2"]),
        ("system.host = n3", ["r3"]),
        ("user = mel", []),
        ("", ["r5", "r4", "r3", "r2", "r1"]),
    ],
)
def test_a_query_words_or_a_tree(vic: Client, query: str, found: list[str]) -> None:
    assert ids(vic.get(RUNS, {"q": query})) == found


def test_pages_follow_each_other(vic: Client) -> None:
    found: list[str] = []
    asked: dict[str, Any] = {"order": "config.lr", "limit": 2}
    counts = []
    while True:
        page = vic.get(RUNS, asked).json()
        found += [item["id"] for item in page["items"]]
        counts.append(page["count"])
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert found == ["r1", "r2", "r3", "r4", "r5"]
    assert counts == [5, None, None]


@pytest.mark.parametrize(
    ("asked", "status", "code", "field"),
    [
        ({"q": "stat = running"}, 422, "query_invalid", "q"),
        ({"q": "config.lr <"}, 422, "query_invalid", "q"),
        ({"q": 'name ~ "("'}, 422, "query_invalid", "q"),
        ({"q": "x" * 10_001}, 422, "query_invalid", "q"),
        ({"q": "{"}, 422, "query_invalid", "q"),
        ({"order": "tags"}, 422, "order_invalid", "order"),
        ({"order": "created,name"}, 422, "order_invalid", "order"),
        ({"cursor": "x"}, 400, "malformed", None),
        ({"limit": "0"}, 422, "invalid", "limit"),
        ({"limit": "501"}, 422, "invalid", "limit"),
        ({"limit": "ten"}, 422, "invalid", "limit"),
    ],
)
def test_what_cannot_be_asked(
    vic: Client, asked: dict[str, str], status: int, code: str, field: str | None
) -> None:
    response = vic.get(RUNS, asked)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (status, code)
    assert field is None or field in error["fields"]


def test_an_error_names_the_column(vic: Client) -> None:
    error = error_of(vic.get(RUNS, {"q": "state = runing"}))
    assert error["message"] == (
        "The query cannot be read at column 9: there is no state runing; did you mean running?"
    )


def test_a_key_that_nobody_has_is_a_hint_and_no_error(vic: Client) -> None:
    page = vic.get(RUNS, {"q": "config.lrr > 0"}).json()
    assert page["items"] == []
    assert page["hints"] == ["No run of this project has config.lrr. Did you mean config.lr?"]


def test_a_list_costs_the_same_queries_however_long(cast: Cast, vic: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            vic.get(RUNS, {"q": "config.lr > 0", "order": "config.lr"})
        return len(queries)

    cost()
    before = cost()
    for number in range(10):
        make_run(cast.mnist, cast.mel, config={"lr": number + 1}, tags=["x", "y"])
    assert cost() == before


def test_the_columns_of_a_project(vic: Client) -> None:
    page = vic.get(COLUMNS).json()
    assert page["next"] is None
    assert page["items"][0] == {
        "field": "config.lr",
        "types": {"number": 5},
        "runs": 5,
        "statistics": [],
    }
    assert [item["field"] for item in page["items"]] == ["config.lr", "git.commit", "system.host"]
    first = vic.get(COLUMNS, {"limit": 1}).json()
    rest = vic.get(COLUMNS, {"cursor": first["next"]}).json()
    assert first["items"] + rest["items"] == page["items"]
    assert [item["field"] for item in vic.get(COLUMNS, {"search": "HOST"}).json()["items"]] == [
        "system.host"
    ]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"limit": "1001"}, 422),
        ({"cursor": "x"}, 400),
        ({"search": "\0"}, 400),
        ({"search": "x" * 9000}, 200),
    ],
)
def test_what_cannot_be_asked_of_columns(vic: Client, asked: dict[str, str], status: int) -> None:
    assert vic.get(COLUMNS, asked).status_code == status


def test_the_answer_is_strict_json(cast: Cast, vic: Client) -> None:
    make_run(cast.mnist, cast.ann, config={"x": float("nan")})
    response = vic.get(RUNS, {"q": "config.x = NaN"})
    json.loads(response.content, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert response.json()["items"][0]["config"] == {"x": "NaN"}
