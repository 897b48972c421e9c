"""How lines travel."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from apps.metrics import frame
from apps.metrics.frame import Series

X = np.array([1.0, 2.0, 2**53])
Y = np.array([0.1, math.nan, -math.inf])


def read_frame(data: bytes) -> tuple[dict[str, Any], list[tuple[list[float], list[float]]]]:
    """Read a frame as the page does (static/js/frame.js)."""
    size = int.from_bytes(data[:4], "little")
    assert (4 + size) % 8 == 0
    header = json.loads(data[4 : 4 + size])
    body = data[4 + size :]
    arrays = []
    for series in header["series"]:
        assert series["x"] % 8 == series["y"] % 8 == 0
        arrays.append(
            (
                np.frombuffer(body, "<f8", series["n"], series["x"]).tolist(),
                np.frombuffer(body, "<f4", series["n"], series["y"]).tolist(),
            )
        )
    return header, arrays


def test_a_frame_holds_what_its_header_says() -> None:
    lines = [
        Series("loss", X, Y, run="abc", total=9, level=2, nan=2),
        Series("损失", X, np.array([1.0, 2, 3]), group="a", agg="mean"),
        Series("other", np.array([7.0]), np.array([8.0]), run="abc"),
    ]
    data = frame.pack_frame("step", lines, {"abc": 1.5})
    header, arrays = read_frame(data)
    assert (header["v"], header["x"], header["t0"]) == (1, "step", {"abc": 1.5})
    assert header["series"][0] | {"x": 0, "y": 0} == {
        "run": "abc", "key": "loss", "n": 3, "total": 9, "level": 2, "nan": 2, "dropped": 0,
        "x": 0, "y": 0,
    }  # fmt: skip
    assert (header["series"][1]["group"], header["series"][1]["agg"]) == ("a", "mean")
    assert "run" not in header["series"][1]
    assert arrays[0][0] == X.tolist()
    assert str(arrays[0][1]) == str(Y.astype(np.float32).tolist())
    assert arrays[2] == ([7.0], [8.0])


def test_a_common_x_is_sent_once() -> None:
    lines = [Series(key, X, Y) for key in "abcdef"]
    header, _ = read_frame(frame.pack_frame("step", lines, {}))
    assert {series["x"] for series in header["series"]} == {0}


def test_values_beyond_float32_are_its_greatest() -> None:
    data = frame.pack_frame("step", [Series("a", X, np.array([1e300, -1e300, 1e-300]))], {})
    _, ((_, y),) = read_frame(data)
    assert y == [np.finfo(np.float32).max, np.finfo(np.float32).min, 0]


def test_no_lines_are_a_frame_too() -> None:
    assert read_frame(frame.pack_frame("step", [], {}))[0]["series"] == []


def test_json_is_strict_and_exact() -> None:
    lines = [Series("loss", X, Y, run="abc")]
    text = frame.pack_json("step", lines, {})
    (series,) = json.loads(text, parse_constant=lambda name: 1 / 0)["series"]
    assert series["x"] == [1, 2, 2**53]
    assert series["y"] == [0.1, "NaN", "-Infinity"]
    (timed,) = json.loads(frame.pack_json("time", lines, {}))["series"]
    assert timed["x"][0] == 1.0


def test_csv_has_a_line_a_point() -> None:
    lines = [
        Series('a "quoted", key', X[:1], Y[:1], run="abc"),
        Series("loss", X[:1], Y[1:2], group="g", agg="std"),
    ]
    assert frame.pack_csv("step", lines).decode() == (
        'run,key,agg,step,value\nabc,"a ""quoted"", key",,1,0.1\ng,loss,std,1,NaN\n'
    )
