"""What the SDK promises about losing nothing, with real kills of the script and of the server."""

from __future__ import annotations

import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sdk_scripts import Lab, read_line
from tests.live_server import LiveServer

TRAIN = """
import sys, time, wanllm
run = wanllm.init(config={"lr": 0.1})
print("started")
for step in range(%(steps)d):
    run.log({"loss": step / 7, "acc": step * 0.25})
    time.sleep(%(pause)s)
    if step %% 50 == 0:
        print(step)
%(end)s
sys.stdin.readline()  # until the test lets it end
"""


def train(steps: int = 500, pause: float = 0.005, end: str = "") -> str:
    return TRAIN % {"steps": steps, "pause": pause, "end": end}


def expected(steps: int) -> list[tuple[int, float, float]]:
    return [(step, step / 7, step * 0.25) for step in range(steps)]


def stored(lab: Lab) -> list[tuple[int, float, float]]:
    return [(row["step"], row["values"]["loss"], row["values"]["acc"]) for row in lab.rows()]


@pytest.fixture
def lab(live_server_process: LiveServer, tmp_path: Path) -> Lab:
    folder = tmp_path / "work"
    folder.mkdir()
    key = live_server_process.adduser("ann")
    return Lab(live_server_process, key, "ann", folder)


def wait_for_step(script: subprocess.Popen[str], step: int) -> None:
    while (line := read_line(script.stdout)) != str(step):
        assert script.poll() is None or line, "the script ended"


def let_it_end(script: subprocess.Popen[str]) -> None:
    """Let a script leave its last line, and end well."""
    script.communicate(timeout=120)
    assert script.returncode == 0


@pytest.mark.parametrize("is_online", [True, False], ids=["online", "offline"])
def test_kill_9_of_the_script_loses_nothing_older_than_a_second(lab: Lab, is_online: bool) -> None:
    lab.variables["WANLLM_MODE"] = "online" if is_online else "offline"
    script = lab.start(train(2000, 0.0, "time.sleep(1)\nprint('now')\ntime.sleep(60)"))
    while read_line(script.stdout) != "now":
        assert script.poll() is None
    script.kill()
    script.wait()
    synced = lab.wanllm("sync")
    assert synced.returncode == 0, synced
    assert stored(lab) == expected(2000)
    assert lab.only_run()["config"] == {"lr": 0.1}
    assert lab.unsent() == []


def test_kill_9_while_it_logs_keeps_a_prefix_without_holes(lab: Lab) -> None:
    script = lab.start(train(100_000, 0.001))
    wait_for_step(script, 1500)
    reached = time.monotonic()
    wait_for_step(script, 1600)
    time.sleep(max(0.0, 1.0 - (time.monotonic() - reached)))
    script.send_signal(signal.SIGKILL)
    script.wait()
    assert lab.wanllm("sync").returncode == 0
    rows = stored(lab)
    assert len(rows) > 1500
    assert rows == expected(len(rows))


@pytest.mark.parametrize("is_killed", [True, False], ids=["killed -9", "stopped"])
def test_a_server_that_is_away_during_training_costs_no_time_and_no_point(
    lab: Lab, is_killed: bool
) -> None:
    script = lab.start(train(1500, 0.005))
    wait_for_step(script, 200)
    lab.server.stop(signal.SIGKILL if is_killed else signal.SIGTERM)
    wait_for_step(script, 900)
    lab.server.start()
    let_it_end(script)
    assert stored(lab) == expected(1500)
    assert lab.only_run()["state"] == "finished"
    assert lab.unsent() == []


def test_a_server_killed_again_and_again_while_rows_arrive_keeps_each_once(lab: Lab) -> None:
    script = lab.start(train(4000, 0.004))
    for step in (150, 900, 1800):
        wait_for_step(script, step)
        lab.server.kill9()
        lab.server.start()
    let_it_end(script)
    assert stored(lab) == expected(4000)


def test_training_starts_without_a_server_and_arrives_when_there_is_one(lab: Lab) -> None:
    lab.server.stop()
    script = lab.start(train(1000, 0.005))
    assert read_line(script.stdout) == "started"
    wait_for_step(script, 300)
    lab.server.start()
    let_it_end(script)
    assert stored(lab) == expected(1000)


def test_a_script_that_ends_without_a_server_names_the_command_that_works(lab: Lab) -> None:
    lab.server.stop()
    lab.run(train(300, 0.0))
    command = next(line for line in lab.said().splitlines() if "wanllm sync" in line)
    folder = command.rpartition("wanllm sync ")[2]
    assert lab.unsent() == [Path(folder)]
    lab.server.start()
    assert lab.wanllm("sync", folder).returncode == 0
    assert stored(lab) == expected(300)
    assert lab.only_run()["state"] == "finished"
    assert lab.unsent() == []


def test_the_same_run_synced_many_times_at_once_is_stored_once(lab: Lab) -> None:
    lab.run(train(3000, 0.0), WANLLM_MODE="offline")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: lab.wanllm("sync", "--keep"), range(4)))
    assert [sync.returncode for sync in done] == [0, 0, 0, 0]
    assert stored(lab) == expected(3000)
    assert lab.wanllm("sync").returncode == 0
    assert stored(lab) == expected(3000)
    assert len(lab.runs()) == 1


def test_disabled_leaves_nothing_anywhere(lab: Lab) -> None:
    lab.run(train(100, 0.0), WANLLM_MODE="disabled")
    assert lab.unsent() == []
    assert lab.get("projects")["items"] == []


def test_a_wrong_key_loses_nothing(lab: Lab) -> None:
    good, lab.key = lab.key, "0" * 40
    lab.run(train(200, 0.0))
    assert lab.said().count("does not accept the API key") == 1
    lab.key = good
    assert lab.wanllm("sync").returncode == 0
    assert stored(lab) == expected(200)


def test_a_run_deleted_while_it_trains_never_disturbs_the_script(lab: Lab) -> None:
    import urllib.request

    script = lab.start(train(1000, 0.005))
    wait_for_step(script, 300)
    deadline = time.monotonic() + 10
    while not (runs := lab.runs()):
        assert time.monotonic() < deadline
    request: Any = urllib.request.Request(
        f"{lab.server.url}/api/v1/runs/{runs[0]['uid']}",
        method="DELETE",
        headers={"Authorization": f"Bearer {lab.key}"},
    )
    urllib.request.urlopen(request, timeout=30).close()
    let_it_end(script)
    assert "the run was deleted on the server" in lab.said()
