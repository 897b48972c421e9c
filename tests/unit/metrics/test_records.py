"""Which records of a request are stored, and what is said of those that are not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from apps.metrics.controls import Control
from apps.metrics.records import Rows
from apps.metrics.values import Flag, Refusal, unpack_object
from apps.metrics.wire import read_record

NOW = 1.8e9


def f64(*values: float) -> bytes:
    return np.array(values, np.float64).tobytes()


def i64(*values: int) -> bytes:
    return np.array(values, np.int64).tobytes()


def u32(*values: int) -> bytes:
    return np.array(values, np.uint32).tobytes()


def rows(**fields: Any) -> dict[str, Any]:
    """Return a record of three rows with some fields replaced."""
    return {"kind": "rows", "steps": {"start": 0}, "times": f64(NOW, NOW, NOW), **fields}


def accepted(record: dict[str, Any]) -> Rows:
    read = read_record(record)
    assert isinstance(read, Rows), read
    return read


def column(read: Rows, key: str) -> list[float]:
    stored = read.stored["columns"][key]
    return list(
        np.frombuffer(stored if isinstance(stored, bytes) else stored["values"], np.float64)
    )


REFUSED: dict[str, list[Any]] = {
    "step_not_integer": [
        rows(steps=[0, 1.5, 2]),
        rows(steps=[0, True, 2]),
        rows(steps=["0", 1, 2]),
        rows(steps={"start": 0.5}),
        rows(steps={"start": None}),
        rows(steps={"start": 0, "stride": "1"}),
    ],
    "step_out_of_range": [
        rows(steps=[0, 1, 2**63]),
        rows(steps=[-(2**63) - 1, 0, 1]),
        rows(steps={"start": 2**63}),
        rows(steps={"start": 2**63 - 2, "stride": 1}),
        rows(steps={"start": 0, "stride": 2**62}),
    ],
    "wrong_length": [
        rows(steps=i64(0, 1)),
        rows(steps=i64(0, 1, 2)[:-1]),
        rows(times=f64(NOW, NOW, NOW)[:-3]),
        rows(steps=[0, 1, 2], times=[NOW]),
        rows(columns={"loss": f64(1, 2)}),
        rows(columns={"loss": f64(1, 2, 3)[:-1]}),
        rows(columns={"loss": [1, 2]}),
        rows(columns={"loss": {"rows": u32(0, 1), "values": f64(1)}}),
        {"kind": "rows", "steps": {"start": 0}},
    ],
    "wrong_type": [
        rows(columns=[]),
        rows(columns={"loss": "0.5"}),
        rows(columns={"loss": None}),
        rows(columns={"loss": {"rows": b"\0", "values": f64(1)}}),
        rows(columns={"loss": {"rows": [0, 9], "values": f64(1, 2)}}),
        rows(objects={"note": "text"}),
        rows(objects={"note": [[0]]}),
        rows(objects={"note": [["0", "text"]]}),
        rows(times="now"),
        rows(times=[NOW, NOW, None]),
        rows(steps=None),
        {"kind": "console", "lines": None},
        {"kind": "console", "lines": [[0, NOW, "stdout"]]},
        {"kind": "console", "lines": [[0, NOW, "stdlog", "text"]]},
        {"kind": "console", "lines": [[0, NOW, ["stdout"], "text"]]},
        {"kind": "console", "lines": [[0, "now", "stdout", "text"]]},
        {"kind": "console", "lines": [[0, NOW, "stdout", b"text"]]},
        {"kind": "config", "set": []},
        {"kind": "config", "delete": ["lr"]},
        {"kind": "config", "delete": [[]]},
        {"kind": "summary", "delete": [["loss"]]},
        {"kind": "finish", "exit_code": 2**40},
        {"kind": "finish", "exit_code": "0"},
        {"kind": "finish", "state": "running"},
        {"kind": "finish", "state": ["finished"]},
        {"kind": "define", "key": 1},
        {"kind": "define", "key": "loss", "goal": "lower"},
        {"kind": "define", "key": "loss", "summary": ["median"]},
        "a text",
        7,
    ],
    "bad_rows": [
        rows(columns={"loss": {"rows": u32(0, 3), "values": f64(1, 2)}}),
        rows(columns={"loss": {"rows": u32(1, 0), "values": f64(1, 2)}}),
        rows(columns={"loss": {"rows": u32(1, 1), "values": f64(1, 2)}}),
        rows(objects={"note": [[3, "text"]]}),
        rows(objects={"note": [[-1, "text"]]}),
    ],
    "bad_key": [
        rows(columns={"a\0b": f64(1, 2, 3)}),
        rows(columns={"": f64(1, 2, 3)}),
        rows(columns={7: f64(1, 2, 3)}),
        rows(columns={b"loss": f64(1, 2, 3)}),
        rows(objects={"a\0b": [[0, "text"]]}),
        rows(columns={"\ud800": f64(1, 2, 3)}),
        {"kind": "define"},
    ],
    "key_too_long": [
        rows(columns={"x" * 513: f64(1, 2, 3)}),
        rows(columns={"损" * 171: f64(1, 2, 3)}),
    ],
    "bad_time": [
        rows(times=f64(NOW, math.nan, NOW)),
        rows(times=f64(NOW, math.inf, NOW)),
        rows(times=f64(NOW, -1, NOW)),
        rows(times=f64(NOW, 1e12, NOW)),
        {"kind": "console", "lines": [[0, 10**400, "stdout", "text"]]},
    ],
    "not_a_number": [rows(columns={"loss": [1, "two", 3]}), rows(columns={"loss": [1, [], 3]})],
    "value_too_large": [
        rows(objects={"note": [[0, "x" * (1024 * 1024)]]}),
        rows(objects={"note": [[0, "x" * (10 * 1024 * 1024)]]}),
        {"kind": "console", "lines": [[0, NOW, "stdout", "x" * (1024 * 1024 + 1)]]},
    ],
    "not_json": [
        rows(objects={"note": [[0, b"bytes"]]}),
        rows(objects={"note": [[0, {1: "a key that is no text"}]]}),
    ],
    "unknown_kind": [{"kind": "row"}, {"kind": None}, {}, {"kind": ["rows"]}],
    "unknown_field": [
        rows(column={"loss": f64(1, 2, 3)}),
        rows(steps={"start": 0, "step": 1}),
        rows(columns={"loss": {"rows": u32(0), "values": f64(1), "type": "int"}}),
        {"kind": "heartbeat", "at": NOW},
        {"kind": "console", "lines": [], "level": "info"},
    ],
}


@pytest.mark.parametrize(
    ("code", "record"),
    [(code, record) for code, records in REFUSED.items() for record in records],
)
def test_what_cannot_be_stored_is_named(code: str, record: Any) -> None:
    refusal = read_record(record)
    assert isinstance(refusal, Refusal), refusal
    assert refusal.code == code
    assert refusal.message.endswith(".")
    assert len(refusal.message) < 400


def test_depth_64_is_stored_and_more_is_refused() -> None:
    def nested(depth: int) -> Any:
        return "deep" if not depth else [nested(depth - 1)]

    accepted(rows(objects={"note": [[0, nested(64)]]}))
    refusal = read_record(rows(objects={"note": [[0, nested(65)]]}))
    assert isinstance(refusal, Refusal)
    assert "64" in refusal.message


@pytest.mark.parametrize(
    "key", ["a/b.c", "with space", "损失 🎉", "line\nbreak", "x" * 512, "损" * 170, "\x01", "../.."]
)
def test_any_other_text_is_a_key(key: str) -> None:
    assert column(accepted(rows(columns={key: f64(1, 2, 3)})), key) == [1, 2, 3]


@pytest.mark.parametrize("steps", [[-1, 0, 1], i64(-(2**63), 0, 2**63 - 1), {"start": -1}])
def test_negative_and_extreme_steps_are_stored(steps: Any) -> None:
    assert accepted(rows(steps=steps)).rows == 3


def test_bytes_are_stored_as_they_are() -> None:
    values = f64(math.nan, math.inf, -0.0)
    read = accepted(rows(columns={"loss": values, "eval": {"rows": u32(2), "values": f64(5)}}))
    assert read.stored["columns"]["loss"] == values
    assert (read.rows, read.points, read.last_step) == (3, 4, 2)


def test_lists_are_stored_like_bytes() -> None:
    record = rows(steps=[5, 6, 9], times=[NOW, NOW, NOW], columns={"loss": [1, 2.5, -3]})
    read = accepted(record)
    assert read.stored["steps"] == i64(5, 6, 9)
    assert read.stored["columns"]["loss"] == f64(1, 2.5, -3)
    assert read.last_step == 9


def test_null_in_a_list_is_no_value_and_odd_floats_are_named() -> None:
    read = accepted(rows(columns={"loss": [None, "NaN", "-Infinity"]}))
    stored = read.stored["columns"]["loss"]
    assert np.frombuffer(stored["rows"], np.uint32).tolist() == [1, 2]
    assert str(column(read, "loss")) == str([np.float64("nan"), np.float64("-inf")])


def test_bools_become_numbers_of_type_bool() -> None:
    for record in (
        rows(columns={"done": [True, False, True]}),
        rows(objects={"done": [[0, True], [1, False], [2, True]]}),
    ):
        read = accepted(record)
        assert column(read, "done") == [1, 0, 1]
        assert read.stored["types"] == {"done": Flag.BOOL}
        assert read.stored["objects"] == {}


@pytest.mark.parametrize("value", [2**53 + 1, -(2**70), 10**400])
def test_integers_beyond_float_are_kept_exactly_too(value: int) -> None:
    for record in (rows(columns={"n": [1, value, 3]}), rows(objects={"n": [[1, value]]})):
        read = accepted(record)
        places, texts = read.stored["objects"]["n"]
        assert (places, [unpack_object(text) for text in texts]) == ([1], [value])
        assert column(read, "n")[-2 if len(column(read, "n")) == 3 else 0] == pytest.approx(
            float(value) if abs(value) < 10**300 else math.inf
        )


def test_numbers_among_objects_become_points() -> None:
    read = accepted(
        rows(
            columns={"x": {"rows": u32(0), "values": f64(7)}},
            objects={"x": [[1, 0.5], [2, "text"], [0, 99]]},
        )
    )
    assert column(read, "x") == [7, 0.5]
    assert read.stored["types"]["x"] == Flag.NUMBER | Flag.TEXT


def test_half_a_character_becomes_a_question_mark() -> None:
    read = accepted(rows(objects={"note": [[0, "a\ud800"], [1, {"b": "\ud800"}]]}))
    assert [unpack_object(text) for text in read.stored["objects"]["note"][1]] == ["a?", {"b": "?"}]


def test_missing_times_are_the_server_s() -> None:
    read = accepted({"kind": "rows", "steps": [1, 2], "columns": {"loss": [1, 2]}})
    assert np.frombuffer(read.stored["times"], np.float64).min() > 1.7e9


def test_a_step_without_values_is_a_row() -> None:
    assert accepted(rows()).rows == 3


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "heartbeat"},
        {"kind": "config", "set": {"lr": 0.1}, "delete": [["optimizer", "lr"]]},
        {"kind": "summary", "set": {"best": 1}, "delete": ["worst"]},
        {"kind": "define", "key": "val/*", "summary": ["min", "last"], "goal": "minimize"},
        {"kind": "define", "key": "loss", "step_metric": "epoch", "hidden": True},
        {"kind": "finish", "exit_code": -9},
        {"kind": "finish", "exit_code": None, "state": "killed"},
    ],
)
def test_what_says_something_of_the_run_is_read(record: dict[str, Any]) -> None:
    assert isinstance(read_record(record), Control)
