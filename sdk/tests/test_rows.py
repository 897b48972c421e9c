"""What becomes of logged values on the wire."""

from __future__ import annotations

import enum
import math
import sys
import types
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

from conftest import unpack_rows
from wanllm._rows import MAX_KEYS_IN_ROW, MAX_ROWS, encode_rows
from wanllm._values import snapshot


def records_of(*rows: dict[Any, Any]) -> list[dict[str, Any]]:
    """Return the decoded records of rows logged at steps 0, 1, 2 …"""
    frozen = []
    for step, row in enumerate(rows):
        data: dict[str, Any] = {}
        for key, value in row.items():
            snapshot(data, key, value)
        frozen.append((step, 1000.0 + step, data))
    return [msgpack.unpackb(payload) for payload in encode_rows(frozen)]


def logged(value: Any) -> Any:
    """Return what the server gets of one value: its number and its object, "-" for none."""
    (record,) = records_of({"k": value})
    column = record["columns"].get("k")
    number = np.frombuffer(column)[0] if isinstance(column, bytes) else "-"
    objects = dict(map(tuple, record.get("objects", {}).get("k", [])))
    return number, objects.get(0, "-")


def test_rows_of_the_same_keys_are_plain_columns() -> None:
    (record,) = records_of({"a": 1.0, "b": 2}, {"a": 3.0, "b": 4})
    assert record == {
        "kind": "rows",
        "steps": {"start": 0, "stride": 1},
        "times": np.array([1000.0, 1001.0]).tobytes(),
        "columns": {"a": np.array([1.0, 3.0]).tobytes(), "b": np.array([2.0, 4.0]).tobytes()},
    }


def test_a_key_of_some_rows_is_a_sparse_column() -> None:
    (record,) = records_of({"a": 1.0}, {"a": 2.0, "b": 5.0}, {"b": 6.0})
    assert unpack_rows(record) == [
        {"step": 0, "a": 1.0},
        {"step": 1, "a": 2.0, "b": 5.0},
        {"step": 2, "b": 6.0},
    ]
    assert record["columns"]["b"]["rows"] == np.array([1, 2], np.uint32).tobytes()


def test_steps_out_of_order_are_kept_as_they_are() -> None:
    rows = [(5, 1.0, {"a": 1.0}), (-3, 2.0, {"a": 2.0}), (2**63 - 1, 3.0, {"a": 3.0})]
    (payload,) = encode_rows(rows)
    steps = msgpack.unpackb(payload)["steps"]
    assert np.frombuffer(steps, np.int64).tolist() == [5, -3, 2**63 - 1]


class Colour(enum.IntEnum):
    RED = 3


@pytest.mark.parametrize(
    ("value", "number", "kept"),
    [
        (0.5, 0.5, "-"),
        (7, 7.0, "-"),
        (2**53, float(2**53), "-"),
        (2**53 + 1, float(2**53), 2**53 + 1),
        (-(2**60), float(-(2**60)), -(2**60)),
        (10**30, 1e30, str(10**30)),
        (10**400, "-", str(10**400)),
        (math.inf, math.inf, "-"),
        (True, "-", True),
        (None, "-", None),
        ("adam", "-", "adam"),
        ("日本 🚀", "-", "日本 🚀"),
        ([1, "a", None], "-", [1, "a", None]),
        ((1, 2), "-", [1, 2]),
        ({}, "-", {}),
        (b"raw", "-", "raw"),
        (Path("a/b"), "-", "a/b"),
        (Colour.RED, 3.0, "-"),
        (np.float32(0.5), 0.5, "-"),
        (np.float64(0.25), 0.25, "-"),
        (np.int64(9), 9.0, "-"),
        (np.bool_(True), "-", True),
        (np.array(1.5), 1.5, "-"),
        (np.array([1.5]), 1.5, "-"),
        (np.array([[2]]), 2.0, "-"),
        (np.array([1, 2]), "-", [1, 2]),
    ],
)
def test_each_kind_of_value(value: Any, number: Any, kept: Any) -> None:
    assert logged(value) == (number, kept)


def test_nan_keeps_its_place() -> None:
    (record,) = records_of({"a": 1.0}, {"a": math.nan}, {"a": -math.inf})
    values = np.frombuffer(record["columns"]["a"])
    assert values[0] == 1.0
    assert math.isnan(values[1])
    assert values[2] == -math.inf


def test_a_key_that_is_number_once_and_text_once_keeps_both() -> None:
    (record,) = records_of({"a": 1.0}, {"a": "diverged"}, {"a": 2.0})
    assert [row["a"] for row in unpack_rows(record)] == [1.0, "diverged", 2.0]


def test_nested_mappings_become_keys_with_slashes() -> None:
    (record,) = records_of({"val": {"loss": 1.0, "acc": {"top1": 0.5}}, 3: 4.0})
    assert sorted(record["columns"]) == ["3", "val/acc/top1", "val/loss"]


@pytest.mark.parametrize(
    "key", ["a/b.c d", "日本語", "🚀", "a\nb", "k" * 500, "é" * 256], ids=lambda key: key[:8]
)
def test_any_text_is_a_key(key: str) -> None:
    (record,) = records_of({key: 1.0})
    assert list(record["columns"]) == [key]


@pytest.mark.parametrize("key", ["", "a\0b", "k" * 513, "é" * 257])
def test_a_key_the_server_would_refuse_is_left_out_alone(
    key: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (record,) = records_of({key: 1.0, "good": 2.0})
    assert list(record["columns"]) == ["good"]
    assert "was left out" in capfd.readouterr().err


@pytest.mark.parametrize(
    "value",
    ["x" * 10_000_000, list(range(400_000)), np.zeros(2_000_000), [math.nan] * 80_000],
    ids=["text", "list", "array", "odd floats"],
)
def test_a_huge_value_is_left_out_alone(value: Any, capfd: pytest.CaptureFixture[str]) -> None:
    (record,) = records_of({"huge": value, "good": 2.0})
    assert list(record["columns"]) == ["good"]
    assert "objects" not in record
    assert "larger than 1 MiB" in capfd.readouterr().err


def test_a_value_just_below_the_limit_is_kept() -> None:
    assert logged("x" * 1_000_000) == ("-", "x" * 1_000_000)


def test_a_value_nested_too_deep_is_left_out() -> None:
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    (record,) = records_of({"deep": deep, "good": 1.0})
    assert list(record["columns"]) == ["good"]


def test_an_object_that_cannot_be_read_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    class Broken:
        dtype = "f4"
        shape = ()

        def tolist(self) -> float:
            raise RuntimeError("buffer was donated")

    (record,) = records_of({"bad": Broken(), "good": 1.0})
    assert list(record["columns"]) == ["good"]
    assert "buffer was donated" in capfd.readouterr().err


def test_later_changes_of_a_logged_value_do_not_show() -> None:
    array, listed, nested = np.array([1.0, 2.0]), [1], {"a": [1]}
    row: dict[str, Any] = {}
    for key, value in {"array": array, "list": listed, "nested": nested}.items():
        snapshot(row, key, value)
    array[0] = 9.0
    listed.append(9)
    nested["a"].append(9)
    (payload,) = encode_rows([(0, 0.0, row)])
    objects = msgpack.unpackb(payload)["objects"]
    assert objects == {"array": [[0, [1.0, 2.0]]], "list": [[0, [1]]], "nested/a": [[0, [1]]]}


def test_many_rows_become_records_of_moderate_size() -> None:
    records = records_of(*({"a": float(i)} for i in range(2 * MAX_ROWS + 1)))
    assert [len(record["times"]) // 8 for record in records] == [MAX_ROWS, MAX_ROWS, 1]
    assert [r["a"] for record in records for r in unpack_rows(record)] == [
        float(i) for i in range(2 * MAX_ROWS + 1)
    ]


def test_a_very_wide_row_becomes_rows_of_one_step() -> None:
    wide = {f"k{i}": float(i) for i in range(100_000)}
    records = records_of(wide)
    merged: dict[str, Any] = {}
    for record in records:
        assert len(record["columns"]) <= 4 * MAX_KEYS_IN_ROW
        for row in unpack_rows(record):
            assert row.pop("step") == 0
            merged.update(row)
    assert merged == wide


def test_large_texts_do_not_pile_up_in_one_record() -> None:
    payloads = list(encode_rows([(i, 0.0, {"t": "x" * 900_000}) for i in range(20)]))
    assert all(len(payload) < 8 << 20 for payload in payloads)
    assert sum(len(unpack_rows(msgpack.unpackb(p))) for p in payloads) == 20


class FakeGpuTensor:
    """What the SDK uses of a torch tensor on a GPU, with a diary of the calls."""

    dtype = "float32"
    shape = ()
    device = types.SimpleNamespace(type="cuda")

    def __init__(self, value: float, diary: list[str]) -> None:
        self.value = value
        self.diary = diary

    def detach(self) -> FakeGpuTensor:
        return self

    def clone(self) -> FakeGpuTensor:
        self.diary.append("copy")
        return FakeGpuTensor(self.value, self.diary)

    def numel(self) -> int:
        return 1

    def element_size(self) -> int:
        return 4

    def tolist(self) -> float:
        self.diary.append("read")
        return self.value


def test_a_gpu_tensor_is_copied_at_once_and_read_only_when_the_copy_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    diary: list[str] = []

    class Event:
        def record(self, stream: str) -> None:
            diary.append(f"mark {stream}")

        def synchronize(self) -> None:
            diary.append("wait")

    cuda = types.SimpleNamespace(Event=Event, current_stream=lambda _: "training stream")
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda))
    tensor = FakeGpuTensor(0.5, diary)
    row: dict[str, Any] = {}
    snapshot(row, "loss", tensor)
    tensor.value = 9.0
    assert diary == ["copy", "mark training stream"]
    (payload,) = encode_rows([(0, 0.0, row)])
    assert diary == ["copy", "mark training stream", "wait", "read"]
    assert unpack_rows(msgpack.unpackb(payload)) == [{"step": 0, "loss": 0.5}]
