"""The SDK's own request bodies, posted to a real server in both encodings: what each yields.

sdk/tests/test_golden.py pins that the SDK sends exactly these files.
"""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.contract.rest import call
from tests.contract.sdk_scripts import Lab
from tests.live_server import LiveServer

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def lab(shared_server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    key = shared_server.adduser("golden")
    call(shared_server, key, "POST", "/projects", {"org": "golden", "slug": "lab"})
    return Lab(shared_server, key, "golden", tmp_path_factory.mktemp("golden"))


def post(lab: Lab, name: str, encoding: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send a golden body to a new run; return the run and the server's answer."""
    run = call(lab.server, lab.key, "POST", "/projects/golden/lab/runs", {})
    golden = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    packed, text = base64.b64decode(golden["msgpack"]), json.dumps(golden["json"]).encode()
    body = packed if encoding == "msgpack" else text
    first = golden["json"]["offset"]
    if first:
        fill = {**golden["json"], "offset": 0, "records": [{"kind": "heartbeat"}] * first}
        send(lab, run["uid"], "application/json", json.dumps(fill).encode())
    answer = send(lab, run["uid"], f"application/{encoding}", body)
    assert answer == {
        "offset": first + len(golden["json"]["records"]),
        "commands": [],
        "retry_after": None,
        "refused": [],
    }
    again = send(lab, run["uid"], f"application/{encoding}", body)
    assert again["offset"] == answer["offset"]
    return call(lab.server, lab.key, "GET", f"/runs/{run['uid']}"), answer


def send(lab: Lab, uid: str, content_type: str, body: bytes) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{lab.server.url}/api/v1/runs/{uid}/stream",
        data=body,
        headers={"Authorization": f"Bearer {lab.key}", "Content-Type": content_type},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        document: dict[str, Any] = json.load(answer)
    return document


ROWS = [{"train/loss": 1 / (i + 1), "lr": 3e-4, "epoch": float(i)} for i in range(3)]
ODD_ROWS = {
    -1: {"loss": "Infinity", "is_best": True, "exact": 2**60 + 1},
    10: {
        "loss": "-Infinity",
        "note": "warm-up",
        "正确率": 0.5,
        "sizes": [1, [2, None]],
        "a.b c/d": 1.0,
    },
    11: {"loss": 0.5, "is_best": False, "note": None, "🚀": 0.0},
}


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
def test_plain_rows(lab: Lab, encoding: str) -> None:
    run, _ = post(lab, "rows", encoding)
    assert [(row["step"], row["values"]) for row in lab.rows(run)] == list(enumerate(ROWS))


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
def test_odd_rows(lab: Lab, encoding: str) -> None:
    run, _ = post(lab, "odd_rows", encoding)
    assert {row["step"]: row["values"] for row in lab.rows(run)} == ODD_ROWS


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
def test_what_is_said_of_a_run(lab: Lab, encoding: str) -> None:
    run, _ = post(lab, "run", encoding)
    assert (run["state"], run["exit_code"]) == ("finished", 0)
    assert run["config"] == {"optimizer": {"name": "sgd"}, "seed": 3}
    assert run["summary"] == {"best": 0.5}
    assert run["definitions"] == {"val/*": {"summary": ["max"], "goal": "maximize"}}
    lines = lab.get(f"runs/{run['uid']}/console")["lines"]
    assert [line[2:] for line in lines] == [["stdout", "epoch 1"], ["stderr", "\x1b[31m!"]]
    (key,) = lab.get(f"runs/{run['uid']}/keys", kind="system")["keys"]
    assert (key["key"], key["last"]) == ("cpu/percent", 12.5)
