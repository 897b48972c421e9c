"""A real script at a limit: it goes on, keeps what is refused, says so once, and sync sends it when there is room."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path

import pytest

from apps.metrics.ingest import GRANT_S
from tests.contract.sdk_scripts import Lab, read_line
from tests.contract.test_sdk_outages import expected, stored, train
from tests.live_server import LiveServer

IN_TWO_HALVES = """
import sys, wanllm
run = wanllm.init()
for step in range(1000):
    run.log({"loss": step / 7, "acc": step * 0.25})
    if step == 499:
        print("half")
        sys.stdin.readline()
"""


@pytest.fixture
def lab(live_server_process: LiveServer, tmp_path: Path) -> Lab:
    folder = tmp_path / "work"
    folder.mkdir()
    return Lab(live_server_process, live_server_process.adduser("ann"), "ann", folder)


def limit(lab: Lab, **amounts: int | None) -> None:
    """Set limits of the project, and measure what it holds."""
    headers = {"Authorization": f"Bearer {lab.key}", "Content-Type": "application/json"}
    address = f"{lab.server.url}/api/v1/projects/ann/lab/quota"
    body = json.dumps(amounts).encode()
    request = urllib.request.Request(address, body, headers, method="PATCH")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
    lab.server.manage("measureusage")


def test_a_run_that_meets_a_limit_goes_on_and_sync_sends_the_rest_when_there_is_room(
    lab: Lab,
) -> None:
    script = lab.start(IN_TWO_HALVES)
    assert read_line(script.stdout) == "half"
    while not lab.runs():
        time.sleep(0.05)
    limit(lab, storage_bytes=1)
    time.sleep(GRANT_S + 0.5)  # What was granted a moment ago is still taken.
    script.communicate("go on\n", timeout=120)
    assert script.returncode == 0
    said = lab.said()
    assert said.count("The limit is reached") == 1
    assert "wanllm sync" in said
    kept = stored(lab)
    assert len(kept) <= 500
    assert kept == expected(len(kept))
    assert len(lab.unsent()) == 1

    refused = lab.wanllm("sync")
    assert "The limit is reached" in refused.stdout + refused.stderr
    assert len(lab.unsent()) == 1

    limit(lab, storage_bytes=None)
    assert lab.wanllm("sync").returncode == 0
    assert stored(lab) == expected(1000)
    assert lab.only_run()["state"] == "finished"
    assert lab.unsent() == []


def test_a_run_that_may_not_begin_is_kept_and_begins_when_there_is_room(lab: Lab) -> None:
    lab.run(train(10, 0.0))
    limit(lab, runs=1)
    lab.run(train(20, 0.0))
    assert lab.said().count("The limit is reached") == 1
    assert len(lab.runs()) == 1
    limit(lab, runs=2)
    assert lab.wanllm("sync").returncode == 0
    assert [len(lab.rows(run)) for run in lab.runs()] == [10, 20]


def test_near_a_limit_the_script_says_it_once(lab: Lab) -> None:
    lab.run("import wanllm\nfor _ in range(4):\n    wanllm.init().finish()\n")
    limit(lab, runs=5)
    assert "nearly" not in lab.said()
    lab.run(train(2, 0.0))
    assert lab.said().count("a limit on the server is nearly reached: runs 4/5 ann/lab") == 1
    assert len(lab.runs()) == 5
