"""Everything that the SDK says of a run, read back over REST."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sdk_scripts import Lab, read_line
from tests.live_server import LiveServer


@pytest.fixture
def lab(shared_server: LiveServer, tmp_path: Path) -> Lab:
    name = f"v{tmp_path.parent.name[-4:]}{tmp_path.name[-12:]}".replace("_", "").lower()
    key = shared_server.adduser(name)
    return Lab(shared_server, key, name, tmp_path)


WHOLE = """
import sys, time, wanllm
run = wanllm.init(
    config={"optimizer": {"name": "adam", "lr": 0.1}, "seed": 3, "bad": float("nan")},
    name="whole", group="g", job_type="train", tags=["a", "b"], notes="two\\nlines",
)
run.define_metric("val/*", step_metric="epoch", summary="max", goal="maximize")
run.config.optimizer.lr = 0.2
del run.config["seed"]
run.summary.update({"best": 0.5, "note": "done"})
print("to stdout")
for percent in range(0, 101, 10):
    sys.stderr.write(f"\\r{percent}%")
sys.stderr.write("\\n")
run.log({"loss": 1.0})
time.sleep(3.5)
"""


def test_a_whole_run_is_read_back(lab: Lab) -> None:
    subprocess.run(["git", "init", "-q", "-b", "trunk"], cwd=lab.folder, check=True)
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    commit = ["git", *identity, "commit", "-q", "--allow-empty", "-m", "Begin"]
    subprocess.run(commit, cwd=lab.folder, check=True)
    lab.run(WHOLE, WANLLM_SYSTEM_INTERVAL="1", WANLLM_GIT="true")
    run = lab.only_run()
    assert {
        name: run[name]
        for name in ("name", "group", "job_type", "tags", "notes", "state", "exit_code")
    } == {
        "name": "whole",
        "group": "g",
        "job_type": "train",
        "tags": ["a", "b"],
        "notes": "two\nlines",
        "state": "finished",
        "exit_code": 0,
    }
    assert run["config"] == {"optimizer": {"name": "adam", "lr": 0.2}, "bad": "NaN"}
    assert run["config_version"] == 3
    assert run["definitions"] == {
        "val/*": {"step_metric": "epoch", "summary": ["max"], "goal": "maximize"}
    }
    assert {key: run["summary"][key] for key in ("best", "note")} == {"best": 0.5, "note": "done"}
    assert (run["git"]["branch"], run["git"]["message"]) == ("trunk", "Begin")
    assert run["environment"]["command"] == "train1.py"
    assert run["environment"]["packages"]["psutil"]
    lines = lab.get(f"runs/{run['uid']}/console")["lines"]
    texts = [line[2:] for line in lines]
    assert ["stdout", "to stdout"] in texts
    assert ["stderr", "100%"] in texts
    keys = lab.get(f"runs/{run['uid']}/keys", kind="system")["keys"]
    assert {key["key"] for key in keys} >= {"cpu/percent", "process/memory_bytes"}


ODD = """
import math, wanllm
run = wanllm.init()
run.log({"loss": math.nan, "note": "warm-up", "正确率": 0.5}, step=10)
run.log({"loss": math.inf, "is_best": True, "exact": 2**60 + 1}, step=-1)
run.log({"loss": -math.inf, "sizes": [1, [2, None]], "a.b c/d": 1}, step=10)
run.log({"nested": {"deep": {"er": 1.5}}, "note": None, "🚀": 2.0}, step=2**63 - 1)
run.log({"k" * 500: 3.0, "k" * 600: 4.0}, step=3)
run.log({"huge": "x" * 10_000_000, "beside": 5.0}, step=4)
run.log({"never": 1.0}, step=2**63)
run.log({"never": 1.0}, step=1.5)
run.log({f"wide/{i}": float(i) for i in range(30_000)}, step=5)
"""


def test_odd_values_arrive_as_documented(lab: Lab) -> None:
    lab.run(ODD)
    rows: dict[int, dict[str, Any]] = {}
    for row in lab.rows():
        rows.setdefault(row["step"], {}).update(row["values"])
    wide = rows.pop(5)
    assert wide == {f"wide/{i}": float(i) for i in range(30_000)}
    assert rows == {
        -1: {"loss": "Infinity", "is_best": True, "exact": 2**60 + 1},
        3: {"k" * 500: 3.0},
        4: {"beside": 5.0},
        10: {
            "loss": "-Infinity",
            "note": "warm-up",
            "正确率": 0.5,
            "sizes": [1, [2, None]],
            "a.b c/d": 1.0,
        },
        2**63 - 1: {"nested/deep/er": 1.5, "note": None, "🚀": 2.0},
    }


ENDS = [
    ("raise ValueError('x')", 1, "failed"),
    ("import sys; sys.exit(3)", 3, "failed"),
    ("raise KeyboardInterrupt", 130, "killed"),
]


@pytest.mark.parametrize(("end", "exit_code", "state"), ENDS, ids=["error", "exit", "Ctrl-C"])
def test_how_a_script_ends_is_how_its_run_ends(
    lab: Lab, end: str, exit_code: int, state: str
) -> None:
    script = lab.start(f"import wanllm\nwanllm.init()\nwanllm.log({{'a': 1.0}})\n{end}\n")
    script.wait(60)
    run = lab.only_run()
    assert (run["exit_code"], run["state"]) == (exit_code, state)
    assert [row["values"] for row in lab.rows(run)] == [{"a": 1.0}]


def test_ctrl_c_at_the_terminal_kills_the_run_in_good_order(lab: Lab) -> None:
    script = lab.start(
        "import time, wanllm\n"
        "run = wanllm.init()\n"
        "for step in range(100000):\n"
        "    run.log({'loss': step / 7})\n"
        "    if step == 100: print('now')\n"
        "    time.sleep(0.001)\n"
    )
    while read_line(script.stdout) != "now":
        assert script.poll() is None
    os.kill(script.pid, signal.SIGINT)
    script.wait(60)
    rows = [(row["step"], row["values"]["loss"]) for row in lab.rows()]
    assert len(rows) > 100
    assert rows == [(step, step / 7) for step in range(len(rows))]
    assert lab.only_run()["state"] == "killed"
    assert lab.unsent() == []


def test_points_are_on_the_server_while_the_script_runs(lab: Lab) -> None:
    script = lab.start(
        "import time, wanllm\n"
        "run = wanllm.init()\n"
        "run.log({'loss': 0.5})\n"
        "print('logged')\n"
        "time.sleep(60)\n"
    )
    try:
        assert read_line(script.stdout) == "logged"
        deadline = time.monotonic() + 5
        while not (lab.runs() and lab.rows()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert lab.only_run()["state"] == "running"
    finally:
        script.kill()
        script.wait()


def test_nan_is_counted_and_not_averaged(lab: Lab) -> None:
    lab.run(
        "import wanllm\nwith wanllm.init() as r:\n  for v in (1.0, float('nan'), 3.0): r.log({'a': v})"
    )
    (key,) = lab.get(f"runs/{lab.only_run()['uid']}/keys")["keys"]
    assert (key["count"], key["nan"], key["mean"], key["last"]) == (3, 1, 2.0, 3.0)
    assert math.isclose(key["max"], 3.0)
