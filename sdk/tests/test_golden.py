"""The bodies that the SDK sends, byte for byte, against the files that the server's tests post.

`UPDATE_GOLDEN=1 pytest tests/test_golden.py` writes them anew after a wanted change of the wire.
"""

from __future__ import annotations

import base64
import json
import math
import os
import struct
from pathlib import Path
from typing import Any

import msgpack
import pytest

from wanllm._msgpack import pack
from wanllm._rows import encode_rows
from wanllm._uploader import Uploader

GOLDEN = Path(__file__).parent.parent.parent / "tests" / "contract" / "golden"
STREAM = "6f1d2c3a-0b4e-4d5f-8a6b-7c8d9e0f1a2b"
START = 1_760_000_000.0

CASES: dict[str, tuple[str, int, list[bytes]]] = {
    "rows": (
        "Three rows of the same keys.",
        0,
        list(
            encode_rows(
                [
                    (i, START + i, {"train/loss": 1 / (i + 1), "lr": 3e-4, "epoch": i})
                    for i in range(3)
                ]
            )
        ),
    ),
    "odd_rows": (
        "Keys of some rows only, steps out of order, odd numbers, text, names in any script.",
        7,
        list(
            encode_rows(
                [
                    (10, START, {"loss": math.nan, "note": "warm-up", "正确率": 0.5}),
                    (-1, START + 0.25, {"loss": math.inf, "is_best": True, "exact": 2**60 + 1}),
                    (10, START + 0.5, {"loss": -math.inf, "sizes": [1, [2, None]], "a.b c/d": 1}),
                    (11, START + 0.75, {"loss": 0.5, "is_best": False, "note": None, "🚀": -0.0}),
                ]
            )
        ),
    ),
    "run": (
        "A system sample, console lines, and every record that says something of the run.",
        0,
        [
            *encode_rows([(1_760_000_000, START, {"cpu/percent": 12.5})], "system"),
            pack(
                {
                    "kind": "console",
                    "lines": [
                        (0, START, "stdout", "epoch 1"),
                        (1, START + 1, "stderr", "\x1b[31m!"),
                    ],
                }
            ),
            pack({"kind": "config", "set": {"optimizer": {"lr": 0.1, "name": "sgd"}, "seed": 3}}),
            pack({"kind": "config", "delete": [["optimizer", "lr"]]}),
            pack({"kind": "summary", "set": {"best": 0.5, "note": "done"}}),
            pack({"kind": "summary", "delete": ["note"]}),
            pack({"kind": "define", "key": "val/*", "summary": ["max"], "goal": "maximize"}),
            pack({"kind": "heartbeat"}),
            pack({"kind": "finish", "exit_code": 0}),
        ],
    ),
}


class Capture:
    """Stands where the HTTP client does and keeps the body."""

    body = b""

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        assert (method, path) == ("POST", "runs/uid/stream")
        assert headers == {"Content-Type": "application/msgpack"}
        self.body = body
        return {"offset": 1000}


class Given:
    """Records as the spool gives them."""

    def __init__(self, first: int, records: list[bytes]) -> None:
        self._first, self._records = first, records

    def read(self, offset: int, max_bytes: int) -> list[bytes]:
        return self._records[offset - self._first :]


def body_of(first: int, records: list[bytes]) -> bytes:
    client: Any = Capture()
    uploader = Uploader(
        client=client,
        folder=None,
        stream=STREAM,
        label="rank 0",
        records=Given(first, records),
    )
    uploader.uid, uploader.acknowledged = "uid", first
    uploader.send_next()
    body: bytes = client.body
    return body


def twin(body: bytes) -> dict[str, Any]:
    """Return the JSON form of a msgpack body: lists for bytes, names for the odd floats."""
    request: dict[str, Any] = msgpack.unpackb(body)
    for record in request["records"]:
        if record["kind"] not in ("rows", "system"):
            continue
        record["times"] = _numbers("d", record["times"])
        if isinstance(record["steps"], bytes):
            record["steps"] = _numbers("q", record["steps"])
        for key, column in record["columns"].items():
            if isinstance(column, dict):
                column["rows"] = _numbers("I", column["rows"])
                column["values"] = _numbers("d", column["values"])
            else:
                record["columns"][key] = _numbers("d", column)
    return request


def _numbers(code: str, packed: bytes) -> list[Any]:
    values = struct.unpack(f"<{len(packed) // struct.calcsize(code)}{code}", packed)
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return [names.get(repr(value), value) for value in values]


@pytest.mark.parametrize("name", CASES)
def test_the_sdk_sends_exactly_the_golden_body(name: str) -> None:
    says, first, records = CASES[name]
    body = body_of(first, records)
    content = {
        "says": says,
        "msgpack": base64.b64encode(body).decode(),
        "json": twin(body),
    }
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == content
