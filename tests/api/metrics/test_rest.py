"""Rows, console, keys, export and taking rows back over REST."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.metrics import history, sealing, store
from apps.orgs.models import User
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_run

SignIn = Callable[[User], Client]
STREAM = uuid4()


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel)


@pytest.fixture
def client(cast: Cast, as_user: SignIn) -> Client:
    return as_user(cast.mel)


def write(run: Run, *records: dict[str, Any]) -> None:
    assert store.append(run=run, stream=STREAM, records=records).refused == []


def rows(count: int, first: int = 0, **fields: Any) -> dict[str, Any]:
    steps = list(range(first, first + count))
    return {
        "kind": "rows",
        "steps": steps,
        "times": [1.8e9 + step for step in steps],
        "columns": {"loss": [step / 2 for step in steps]},
        **fields,
    }


def get(client: Client, run: Run, what: str, **parameters: Any) -> Any:
    return client.get(f"/api/v1/runs/{run.uid}/{what}", parameters)


# --- Rows --------------------------------------------------------------------------------------
def test_rows_are_paged_by_step(run: Run, client: Client) -> None:
    write(run, rows(5, columns={"loss": ["NaN", 1, 2, 3, 4]}, objects={"note": [[0, {"a": [1]}]]}))
    page = get(client, run, "rows", limit=2).json()
    assert page == {
        "rows": [
            {"step": 0, "time": 1.8e9, "values": {"loss": "NaN", "note": {"a": [1]}}},
            {"step": 1, "time": 1.8e9 + 1, "values": {"loss": 1.0}},
        ],
        "next": 2,
    }
    rest = get(client, run, "rows", **{"from": page["next"]}).json()
    assert [row["step"] for row in rest["rows"]] == [2, 3, 4]
    assert rest["next"] is None


def test_rows_of_a_range_and_of_some_keys(run: Run, client: Client) -> None:
    write(run, rows(10, columns={"a": list(range(10)), "b": list(range(10))}))
    page = get(client, run, "rows", **{"from": 3, "to": 4, "keys": ["b", "none"]}).json()
    assert [row["values"] for row in page["rows"]] == [{"b": 3.0}, {"b": 4.0}]
    assert page["next"] is None
    assert get(client, run, "rows", **{"from": 100}).json() == {"rows": [], "next": None}


def test_negative_steps_are_found(run: Run, client: Client) -> None:
    write(run, rows(3, first=-2, times=[1, 2, 3]))
    page = get(client, run, "rows", **{"from": -1, "to": 0}).json()
    assert [row["step"] for row in page["rows"]] == [-1, 0]


def test_wide_rows_come_in_smaller_pages(
    run: Run, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.metrics.rows.MAX_PAGE_CELLS", 30)
    write(run, rows(20, columns={f"key {n}": list(range(20)) for n in range(10)}))
    seen, low = [], 0
    while low is not None:
        page = get(client, run, "rows", **{"from": low}).json()
        assert len(page["rows"]) <= 3
        seen += [row["step"] for row in page["rows"]]
        low = page["next"]
    assert seen == list(range(20))


@pytest.mark.parametrize(
    ("name", "value"),
    [("from", "1.5"), ("to", "x"), ("from", str(2**63)), ("limit", "0"), ("limit", "10001")],
)
def test_wrong_row_parameters_are_named(run: Run, client: Client, name: str, value: str) -> None:
    answer = get(client, run, "rows", **{name: value})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [name])


# --- Console -----------------------------------------------------------------------------------
def console(count: int) -> dict[str, Any]:
    lines = [[n, 1.8e9 + n, "stderr" if n % 2 else "stdout", f"line {n}"] for n in range(count)]
    return {"kind": "console", "lines": lines}


def test_console_pages(run: Run, client: Client) -> None:
    write(run, console(10))
    assert get(client, run, "console", **{"from": 2, "limit": 2}).json() == {
        "lines": [[2, 1.8e9 + 2, "stdout", "line 2"], [3, 1.8e9 + 3, "stderr", "line 3"]],
        "total": 10,
        "first": 2,
        "positions": None,
        "matches": None,
    }
    assert get(client, run, "console", tail=1).json()["first"] == 9
    empty = get(client, run, "console", **{"from": 50}).json()
    assert (empty["lines"], empty["first"]) == ([], 10)


def test_console_search(run: Run, client: Client) -> None:
    write(run, console(20))
    found = get(client, run, "console", search="LINE 1", limit=3).json()
    assert [line[0] for line in found["lines"]] == [1, 10, 11]
    assert (found["matches"], found["total"]) == (11, 20)
    assert found["positions"] == [1, *range(10, 20)]


def test_console_as_a_file(run: Run, client: Client) -> None:
    write(run, console(2))
    answer = get(client, run, "console", format="text")
    assert answer.content == b"line 0\nline 1\n"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{run.short_id}.log"'


@pytest.mark.parametrize(("name", "value"), [("tail", "0"), ("tail", "x"), ("limit", "50001")])
def test_wrong_console_parameters_are_named(
    run: Run, client: Client, name: str, value: str
) -> None:
    assert list(get(client, run, "console", **{name: value}).json()["error"]["fields"]) == [name]


# --- Keys --------------------------------------------------------------------------------------
def test_keys_of_a_run(run: Run, client: Client) -> None:
    write(run, rows(3), {"kind": "define", "key": "lo*", "goal": "minimize"})
    document = get(client, run, "keys").json()
    assert document["keys"] == [
        {
            "key": "loss", "type": "number", "count": 3, "last": 1.0, "last_step": 2, "first": 0.0,
            "min": 0.0, "min_step": 0, "max": 1.0, "max_step": 2, "mean": 0.5, "best": 0.0,
            "std": pytest.approx(math.sqrt(1 / 6)), "nan": 0, "inf": 0,
        }
    ]  # fmt: skip
    assert document["left_out_points"] == 0
    assert document["clock_skew_s"] is None or isinstance(document["clock_skew_s"], float)


def test_keys_of_a_run_without_any(run: Run, client: Client) -> None:
    assert get(client, run, "keys").json()["keys"] == []
    assert get(client, run, "keys", kind="system").json()["keys"] == []
    assert get(client, run, "keys", kind="gpu").status_code == 422


def test_keys_of_a_project(cast: Cast, run: Run, client: Client) -> None:
    write(
        run,
        rows(2, objects={"note": [[0, "text"]]}),
        {**rows(1, columns={"cpu": [1]}), "kind": "system"},
    )
    other = make_run(cast.mnist, cast.mel)
    store.append(run=other, stream=uuid4(), records=[rows(1, columns={"acc": [1], "loss": [2]})])
    for made in (run, other):
        sealing.count_run(made.pk)
    address = "/api/v1/projects/acme/mnist/metrics"
    assert client.get(address).json() == {
        "keys": [{"key": "acc", "runs": 1}, {"key": "loss", "runs": 2}]
    }
    assert client.get(address, {"kind": "system"}).json() == {"keys": [{"key": "cpu", "runs": 1}]}
    assert client.get("/api/v1/projects/acme/nothing/metrics").status_code == 404


# --- Taking rows back --------------------------------------------------------------------------
def test_truncate_by_step(run: Run, client: Client) -> None:
    write(run, rows(5))
    answer = client.post(
        f"/api/v1/runs/{run.uid}/truncate", {"step": 3}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()) == (200, {"last_step": 2})
    assert len(get(client, run, "rows").json()["rows"]) == 3


def test_truncate_by_row(run: Run, client: Client) -> None:
    write(run, rows(5))
    body = {"stream": str(STREAM), "row": 0}
    answer = client.post(f"/api/v1/runs/{run.uid}/truncate", body, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"last_step": None})


@pytest.mark.parametrize(
    "body",
    [{}, {"step": 1, "row": 2}, {"row": 2}, {"step": 2**63}, {"stream": "x", "row": 1}, {"stp": 1}],
)
def test_truncate_needs_a_place(run: Run, client: Client, body: dict[str, Any]) -> None:
    answer = client.post(f"/api/v1/runs/{run.uid}/truncate", body, content_type="application/json")
    assert answer.status_code == 422


# --- Export ------------------------------------------------------------------------------------
def test_parquet_holds_every_row(run: Run, client: Client) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    write(
        run,
        rows(2),
        rows(2, first=1, columns={"_step": [7, None]}, objects={"note": [[1, {"a": None}]]}),
    )
    sealing.seal_run(run.pk)
    write(
        run,
        rows(
            1,
            first=9,
            columns={"big": [2**60 + 1]},
            objects={"note": [[0, "x"]], "loss": [[0, "no"]]},
        ),
    )
    answer = get(client, run, "history.parquet")
    content = b"".join(answer)
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{run.short_id}.parquet"'
    table = parquet.read_table(io.BytesIO(content)).to_pydict()
    assert table["__step"] == [0, 1, 1, 2, 9]
    assert table["__time"][0] == 1.8e9
    assert set(table["__stream"]) == {str(STREAM)}
    assert table["_step"] == [None, None, 7.0, None, None]
    assert table["note"] == [None, None, None, '{"a":null}', '"x"']
    # Mixed keys are text; a number that float cannot hold is a float here and exact in the rows.
    assert table["loss"] == ["0.0", "0.5", None, None, '"no"']
    assert table["big"][-1] == float(2**60)


def test_an_asgi_server_is_given_the_file_in_pieces(run: Run) -> None:
    pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    write(run, rows(100))

    made = history.answer_parquet(run, is_async=True)

    async def collect() -> bytes:
        return b"".join([piece async for piece in made])

    assert asyncio.run(collect())[:4] == b"PAR1"


def test_parquet_of_an_empty_run(run: Run) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    file = io.BytesIO()
    history.write_parquet(run, file)
    assert parquet.read_table(file).num_rows == 0


def test_without_pyarrow_it_says_so(
    run: Run, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = get(client, run, "history.parquet")
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "not_available")
