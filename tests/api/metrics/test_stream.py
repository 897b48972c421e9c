"""What the stream route stores, answers and refuses."""

from __future__ import annotations

import gzip
import math
from typing import Any

import msgpack
import numpy as np
import pytest
import zstandard

from apps.metrics import store
from apps.metrics.models import Batch, Stream, Tile
from apps.metrics.store import Query
from apps.runs.models import ConfigChange, Run, RunDocument
from tests.api.metrics.stream_client import Writer, post, post_together, writer_of
from tests.conftest import Cast
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = np.full(3, 1.8e9).tobytes()


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel)


@pytest.fixture
def writer(cast: Cast, run: Run) -> Writer:
    return writer_of(run, cast.mel)


def rows(first: int = 0, **columns: Any) -> dict[str, Any]:
    """Return a record of three rows."""
    given = columns or {"loss": [first + 0.5, first + 1.5, first + 2.5]}
    return {
        "kind": "rows",
        "steps": {"start": first, "stride": 1},
        "times": TIMES,
        "columns": {key: np.array(values, np.float64).tobytes() for key, values in given.items()},
    }


def points(run: Run, *keys: str) -> dict[str, list[float]]:
    series = store.read(Query([store.refer(run)], list(keys) or ["loss"], points=10_000)).series
    return {line.key: line.y.tolist() for line in series}


def test_rows_are_stored_when_it_answers(run: Run, writer: Writer) -> None:
    answer = writer.send([rows(0), rows(3)], label="rank 3")
    assert (answer.status, answer.json) == (
        200,
        {"offset": 2, "commands": [], "retry_after": None, "refused": []},
    )
    assert points(run) == {"loss": [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]}
    stream = Stream.objects.get()
    assert (stream.uuid, stream.label) == (writer.stream, "rank 3")
    assert (stream.next_offset, stream.next_row, stream.last_step) == (2, 6, 5)
    assert Batch.objects.count() == 1


def test_json_stores_the_same(run: Run, writer: Writer) -> None:
    record = {"kind": "rows", "steps": [0, 1, 2], "columns": {"loss": [1, "NaN", None]}}
    assert writer.send([record], as_json=True).status == 200
    assert repr(points(run)) == repr({"loss": [1.0, math.nan]})


@pytest.mark.parametrize("encoding", ["zstd", "gzip"])
def test_bodies_may_be_compressed(run: Run, writer: Writer, encoding: str) -> None:
    body, headers = writer.request([rows()])
    packed = zstandard.compress(body) if encoding == "zstd" else gzip.compress(body)
    answer = post(run.uid, packed, {**headers, "content-encoding": encoding})
    assert (answer.status, points(run)) == (200, {"loss": [0.5, 1.5, 2.5]})


def test_what_was_sent_already_is_skipped(run: Run, writer: Writer) -> None:
    writer.send([rows(0), rows(3)])
    assert writer.send([rows(0), rows(3)]).json["offset"] == 2
    assert writer.send([rows(3), rows(6)], offset=1).json["offset"] == 3
    assert points(run) == {"loss": [n + 0.5 for n in range(9)]}


def test_a_gap_is_answered_with_what_is_expected(run: Run, writer: Writer) -> None:
    writer.send([rows()])
    answer = writer.send([rows(6)], offset=2)
    assert (answer.status, answer.json["offset"]) == (409, 1)
    assert answer.json["error"]["code"] == "offset_ahead"
    assert points(run) == {"loss": [0.5, 1.5, 2.5]}


def test_the_same_request_at_once_is_stored_once(run: Run, writer: Writer) -> None:
    body, headers = writer.request([rows()])
    answers = post_together([(run.uid, body, headers)] * 12)
    assert [answer.json["offset"] for answer in answers] == [1] * 12
    assert Stream.objects.get().next_row == 3
    assert points(run) == {"loss": [0.5, 1.5, 2.5]}


def test_writers_of_one_run_do_not_disturb_each_other(cast: Cast, run: Run) -> None:
    writers = [writer_of(run, cast.mel) for _ in range(4)]
    requests = []
    for place, writer in enumerate(writers):
        body, headers = writer.request([rows(3 * place)])
        requests.append((run.uid, body, headers))
    assert {answer.status for answer in post_together(requests)} == {200}
    assert points(run) == {"loss": [n + 0.5 for n in range(12)]}


def test_a_bad_record_does_not_spoil_its_neighbours(run: Run, writer: Writer) -> None:
    huge = {**rows(6), "objects": {"note": [[0, "x" * (10 * 1024 * 1024)]]}}
    nul = rows(9, **{"a\0b": [1, 2, 3]})
    answer = writer.send([rows(0), {"kind": "rwos"}, huge, nul, rows(3)])
    assert answer.status == 200
    assert answer.json["offset"] == 5
    refused = [(refusal["offset"], refusal["code"]) for refusal in answer.json["refused"]]
    assert refused == [(1, "unknown_kind"), (2, "value_too_large"), (3, "bad_key")]
    assert points(run) == {"loss": [n + 0.5 for n in range(6)]}


def test_a_hundred_thousand_keys_in_one_request_are_stored(run: Run, writer: Writer) -> None:
    value = np.array([1.0]).tobytes()
    columns = {f"key {number}": value for number in range(100_000)}
    record = {"kind": "rows", "steps": [0], "columns": columns}
    assert writer.send([record]).json["refused"] == []
    assert points(run, "key 0", "key 99999") == {"key 0": [1.0], "key 99999": [1.0]}


def test_control_records_are_applied_with_the_rows(run: Run, writer: Writer) -> None:
    answer = writer.send(
        [
            {"kind": "config", "set": {"optimizer": {"lr": 0.1, "name": "adam"}}},
            rows(),
            {"kind": "config", "set": {"epochs": 3}, "delete": [["optimizer", "lr"]]},
            {"kind": "summary", "set": {"best": math.inf, "old": 1}},
            {"kind": "summary", "delete": ["old"]},
            {"kind": "define", "key": "loss", "goal": "minimize"},
            {"kind": "heartbeat"},
        ]
    )
    assert answer.json["refused"] == []
    document = RunDocument.objects.get(run=run)
    assert document.config == {"optimizer": {"name": "adam"}, "epochs": 3}
    assert document.summary["best"] == {"$float": "Infinity"}
    assert "old" not in document.summary
    assert document.definitions == {"loss": {"goal": "minimize"}}
    assert ConfigChange.objects.count() == 2


def test_a_control_that_fails_leaves_the_rest(run: Run, writer: Writer) -> None:
    bad = {"kind": "config", "set": {"a\0b": 1}}
    answer = writer.send([rows(), bad, {"kind": "config", "set": {"lr": 1}}])
    assert [refusal["offset"] for refusal in answer.json["refused"]] == [1]
    assert RunDocument.objects.get(run=run).config == {"lr": 1}
    assert points(run) == {"loss": [0.5, 1.5, 2.5]}


def test_finish_ends_the_run_and_seals_it(run: Run, writer: Writer) -> None:
    writer.send([rows(), {"kind": "finish", "exit_code": 1}])
    run.refresh_from_db()
    assert (run.state, run.exit_code, run.last_step) == (Run.State.FAILED, 1, 2)
    assert (Batch.objects.count(), Tile.objects.count()) == (0, 1)
    assert RunDocument.objects.get(run=run).summary["loss"] == 2.5


def test_rows_after_the_end_are_stored(run: Run, writer: Writer) -> None:
    writer.send([{"kind": "finish", "exit_code": 0}])
    assert writer.send([rows()], offset=1).status == 200
    assert points(run) == {"loss": [0.5, 1.5, 2.5]}


def test_a_late_message_revives_a_crashed_run(run: Run, writer: Writer) -> None:
    Run.objects.filter(pk=run.pk).update(state=Run.State.CRASHED)
    writer.send([{"kind": "heartbeat"}])
    run.refresh_from_db()
    assert run.state == Run.State.RUNNING


def test_a_heartbeat_is_written_once_in_a_while(run: Run, writer: Writer) -> None:
    writer.send([{"kind": "heartbeat"}])
    first = Run.objects.get(pk=run.pk).heartbeat_at
    writer.send([{"kind": "heartbeat"}], offset=1)
    assert Run.objects.get(pk=run.pk).heartbeat_at == first


def test_a_body_that_ends_in_the_middle_is_refused_whole(run: Run, writer: Writer) -> None:
    body, headers = writer.request([rows()])
    answer = post(run.uid, body[:-3], headers)
    assert (answer.status, answer.json["error"]["code"]) == (400, "malformed")
    assert not Stream.objects.exists()


def test_a_body_that_swells_beyond_the_limit_is_refused(run: Run, writer: Writer) -> None:
    body = zstandard.compress(msgpack.packb({"stream": bytes(33 * 1024 * 1024)}))
    headers = writer.headers("application/msgpack")
    answer = post(run.uid, body, {**headers, "content-encoding": "zstd"})
    assert (answer.status, answer.json["error"]["code"]) == (413, "request_too_large")


def test_wrong_fields_are_named(run: Run, writer: Writer) -> None:
    answer = writer.send([], offset=-1)
    assert (answer.status, list(answer.json["error"]["fields"])) == (422, ["offset"])


def test_only_post_is_allowed(run: Run, writer: Writer) -> None:
    answer = post(run.uid, b"", writer.headers("application/json"), method="GET")
    assert (answer.status, answer.json["error"]["code"]) == (405, "method_not_allowed")
