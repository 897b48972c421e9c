"""A run as scripts use it: arguments, modes, ends, processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wanllm
from conftest import FakeServer, run_script
from wanllm._folder import RunFolder
from wanllm._sync import find_folders


def only_folder(tmp_path: Path) -> RunFolder:
    (folder,) = find_folders([tmp_path / "wanllm-runs"])
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "onlin"}, "WANLLM_MODE must be one of online, offline, disabled"),
        ({"project": "a/b/c"}, '"project" or "org/project"'),
        ({"project": "a/"}, '"project" or "org/project"'),
        ({"id": "has space"}, "1 to 64 letters"),
        ({"id": "x" * 65}, "1 to 64 letters"),
        ({"resume": "maybe"}, "never, allow, must"),
        ({"resume": "must"}, "needs the id"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(wanllm.Error, match=message):
        wanllm.init(**{"mode": "offline", **arguments})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WANLLM_MODE", "off"),
        ("WANLLM_CONSOLE", "maybe"),
        ("WANLLM_SYSTEM_INTERVAL", "soon"),
        ("WANLLM_FINISH_TIMEOUT", "-1"),
        ("WANLLM_BASE_URL", "localhost:8080"),
    ],
)
def test_junk_in_a_variable_is_refused_by_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(wanllm.Error, match=name):
        wanllm.init()


def test_variables_fill_what_arguments_leave_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "MODE": "offline",
        "PROJECT": "team/vision",
        "DIR": str(tmp_path / "elsewhere"),
        "NAME": "n",
        "GROUP": "g",
        "JOB_TYPE": "eval",
        "TAGS": "a, b,,a",
        "NOTES": "long",
        "RUN_ID": "my.run-1",
        "RESUME": "allow",
    }.items():
        monkeypatch.setenv(f"WANLLM_{name}", value)
    run = wanllm.init(group="argument wins")
    assert (run.org, run.project, run.id, run.name) == ("team", "vision", "my.run-1", "n")
    assert (run.group, run.job_type, run.tags) == ("argument wins", "eval", ("a", "b"))
    assert run.dir is not None
    assert run.dir.parent == tmp_path / "elsewhere"
    body = RunFolder(run.dir).load()["body"]
    assert (body["resume"], body["notes"]) == ("allow", "long")


def test_disabled_leaves_nothing(tmp_path: Path) -> None:
    with wanllm.init(mode="disabled", config={"lr": 1}) as run:
        run.log({"a": 1})
        run.summary["a"] = 1
        assert run.config.lr == 1
        run.define_metric("a")
        assert pickle.loads(pickle.dumps(run)).mode == "disabled"
    assert list(tmp_path.iterdir()) == []


def test_offline_keeps_the_run_and_says_how_to_send_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with wanllm.init(mode="offline") as run:
        run.log({"a": 1})
    assert f"wanllm sync {run.dir}" in capfd.readouterr().err
    assert only_folder(tmp_path).path == run.dir


def test_module_functions_act_on_the_current_run(server: FakeServer) -> None:
    wanllm.init(project="ann/demo", config={"lr": 0.1})
    wanllm.log({"loss": 1.0})
    wanllm.log({"loss": 2.0}, step=7)
    wanllm.log({"loss": 3.0})
    wanllm.config.seed = 3
    wanllm.summary["best"] = 1.0
    wanllm.define_metric("val/*", step_metric="epoch", summary="max", goal="maximize")
    assert wanllm.run is not None
    assert wanllm.run.step == 9
    wanllm.finish()
    assert wanllm.run is None
    assert server.rows() == [
        {"step": 0, "loss": 1.0},
        {"step": 7, "loss": 2.0},
        {"step": 8, "loss": 3.0},
    ]
    assert server.records("config") == [{"kind": "config", "set": {"seed": 3}}]
    assert server.records("summary") == [{"kind": "summary", "set": {"best": 1.0}}]
    assert server.records("define") == [
        {
            "kind": "define",
            "key": "val/*",
            "step_metric": "epoch",
            "summary": ["max"],
            "goal": "maximize",
        }
    ]


def test_the_config_that_is_sent_at_first_is_that_of_init(server: FakeServer) -> None:
    run = wanllm.init(project="ann/demo", config={"optimizer": {"lr": 0.1}})
    run.config.optimizer.lr = 0.2
    run.finish()
    assert server.runs["uid0"]["config"] == {"optimizer": {"lr": 0.1}}
    assert server.records("config") == [{"kind": "config", "set": {"optimizer": {"lr": 0.2}}}]


def test_without_a_run_nothing_happens_and_it_is_said_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for _ in range(3):
        wanllm.log({"a": 1})
    wanllm.config.x = 1
    wanllm.summary["x"] = 1
    wanllm.define_metric("x")
    wanllm.finish()
    assert capfd.readouterr().err.count("log() was called without a run") == 1


@pytest.mark.parametrize(
    ("data", "step"),
    [
        ({"a": 1}, 2**63),
        ({"a": 1}, -(2**63) - 1),
        ({"a": 1}, 1.5),
        ({"a": 1}, "seven"),
        ({"a": 1}, float("nan")),
        (None, 1),
        ("text", 1),
        (3, 1),
    ],
)
def test_what_cannot_be_logged_never_raises(
    server: FakeServer, data: Any, step: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    run = wanllm.init(project="ann/demo")
    for _ in range(3):
        run.log(data, step=step)
    run.log({"good": 1.0}, step=5)
    run.finish()
    assert server.rows() == [{"step": 5, "good": 1.0}]
    assert capfd.readouterr().err.count("log() failed") == 1


def test_steps_of_other_integer_types_and_negative_ones_are_kept(server: FakeServer) -> None:
    run = wanllm.init(project="ann/demo")
    for step in (np.int64(4), 5.0, -1, 2**63 - 1, -(2**63)):
        run.log({"a": 1.0}, step=step)
    run.finish()
    assert [row["step"] for row in server.rows()] == [4, 5, -1, 2**63 - 1, -(2**63)]


def test_wrong_use_of_define_metric_never_raises(capfd: pytest.CaptureFixture[str]) -> None:
    run = wanllm.init(mode="offline")
    run.define_metric("a", goal="up")
    run.define_metric("a", summary="median")
    assert "define_metric() failed" in capfd.readouterr().err


def test_logging_after_the_end_is_said_once(
    server: FakeServer, capfd: pytest.CaptureFixture[str]
) -> None:
    run = wanllm.init(project="ann/demo")
    run.finish()
    run.log({"a": 1})
    run.log({"a": 1})
    run.finish()
    assert capfd.readouterr().err.count("the run is finished") == 1
    assert len(server.records("finish")) == 1


def test_a_new_run_ends_the_one_before(server: FakeServer) -> None:
    first = wanllm.init(project="ann/demo")
    second = wanllm.init(project="ann/demo")
    assert [run["id"] for run in server.runs.values()] == [first.id]
    assert len(server.records("finish")) == 1
    second.finish()
    assert len(server.records("finish")) == 2


def test_resume_goes_on_after_the_last_step(server: FakeServer) -> None:
    wanllm.init(project="ann/demo", id="r1", config={"lr": 1}).finish()
    server.runs["uid0"]["last_step"] = 41
    run = wanllm.init(project="ann/demo", id="r1", resume=True)
    assert run.step == 42
    assert run.config.lr == 1
    run.log({"a": 1.0})
    run.finish()
    assert server.rows() == [{"step": 42, "a": 1.0}]


def test_an_id_that_is_taken_is_an_error_before_training(
    server: FakeServer, tmp_path: Path
) -> None:
    wanllm.init(project="ann/demo", id="r1").finish()
    with pytest.raises(wanllm.Error, match="a run of this ID already"):
        wanllm.init(project="ann/demo", id="r1")
    with pytest.raises(wanllm.Error, match="no such run to resume"):
        wanllm.init(project="ann/demo", id="r2", resume="must")
    assert find_folders([tmp_path / "wanllm-runs"]) == []


def test_a_folder_that_cannot_be_written_is_replaced_by_a_temporary_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    run = wanllm.init(mode="offline", dir=tmp_path / "file" / "runs")
    assert run.dir is not None
    assert run.dir.parent.name.startswith("wanllm-runs-")
    assert "cannot be written" in capfd.readouterr().err


ENDS = [
    ("pass", {"exit_code": 0}),
    ("raise ValueError('x')", {"exit_code": 1}),
    ("import sys; sys.exit(3)", {"exit_code": 3}),
    ("import sys; sys.exit('message')", {"exit_code": 1}),
    ("raise KeyboardInterrupt", {"exit_code": 130, "state": "killed"}),
]


@pytest.mark.parametrize(("end", "record"), ENDS, ids=[end for end, _ in ENDS])
@pytest.mark.parametrize("form", ["plain", "with"])
def test_how_a_script_ends_is_how_its_run_ends(
    server: FakeServer, end: str, record: dict[str, Any], form: str
) -> None:
    head = "import wanllm\n"
    body = "wanllm.init(project='ann/demo')\nwanllm.log({'a': 1.0})\n"
    if form == "with":
        body = "with wanllm.init(project='ann/demo') as run:\n    run.log({'a': 1.0})\n    "
    done = run_script(head + body + end)
    assert server.records("finish") == [{"kind": "finish", **record}]
    assert server.rows() == [{"step": 0, "a": 1.0}]
    assert (done.returncode == 0) == (record["exit_code"] == 0)
    if "ValueError" in end:
        assert "ValueError: x" in done.stderr


def test_what_a_script_prints_is_kept_and_shown(server: FakeServer) -> None:
    done = run_script(
        "import sys, wanllm\n"
        "wanllm.init(project='ann/demo')\n"
        "print('to stdout')\n"
        "sys.stderr.write('\\r 10%'); sys.stderr.write('\\r100%\\n')\n"
    )
    lines = [line for record in server.records("console") for line in record["lines"]]
    assert ["stdout", "to stdout"] in [line[2:] for line in lines]
    assert ["stderr", "100%"] in [line[2:] for line in lines]
    assert [line[0] for line in lines] == list(range(len(lines)))
    assert done.stdout == "to stdout\n"
    assert "\r 10%\r100%\n" in done.stderr


def test_the_console_can_be_left_alone(server: FakeServer) -> None:
    run_script("import wanllm\nwanllm.init(project='ann/demo')\nprint('x')", WANLLM_CONSOLE="0")
    assert server.records("console") == []


FORK = """
import os, sys, time, wanllm
run = wanllm.init(project="ann/demo")
run.log({"who": 0.0}, step=0)
pids = []
for child in (1, 2):
    pid = os.fork()
    if pid == 0:
        run.log({"who": float(child)}, step=child)
        print("from a child")
        sys.exit(0)
    pids.append(pid)
for pid in pids:
    os.waitpid(pid, 0)
run.log({"who": 0.0}, step=3)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_forked_children_write_streams_of_their_own(server: FakeServer, tmp_path: Path) -> None:
    done = run_script(FORK)
    assert done.returncode == 0, done.stderr
    assert len(server.runs) == 1
    assert sorted((row["step"], row["who"]) for row in server.rows()) == [
        (0, 0.0),
        (1, 1.0),
        (2, 2.0),
        (3, 0.0),
    ]
    assert len(server.streams) == 3
    assert len(set(server.labels.values())) == 3
    assert len(server.records("finish")) == 1
    assert find_folders([tmp_path / "wanllm-runs"]) == []


def test_a_child_that_never_logs_stays_inert(server: FakeServer) -> None:
    done = run_script(
        "import os, wanllm\n"
        "run = wanllm.init(project='ann/demo')\n"
        "run.log({'a': 1.0})\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    import threading; os._exit(len(threading.enumerate()) - 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
    assert done.returncode == 0, done.stderr
    assert len(server.streams) == 1


def train_in_child(run: wanllm.Run, rank: int) -> None:
    run.log({"rank": float(rank)}, step=rank)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_of_multiprocessing_write_to_the_run(server: FakeServer, method: str) -> None:
    run = wanllm.init(project="ann/demo")
    context: Any = multiprocessing.get_context(method)
    children = [context.Process(target=train_in_child, args=(run, rank)) for rank in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    run.finish()
    assert sorted(row["rank"] for row in server.rows()) == [1.0, 2.0]
    assert len(server.runs) == 1
    assert len(server.records("finish")) == 1


def test_what_a_dead_child_left_is_sent_at_the_end(server: FakeServer) -> None:
    done = run_script(
        "import os, time, wanllm\n"
        "run = wanllm.init(project='ann/demo')\n"
        "run.log({'a': 0.0}, step=0)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    run._settings = __import__('dataclasses').replace(run._settings, api_key=None)\n"
        "    run.log({'a': 1.0}, step=1)\n"
        "    time.sleep(0.8)\n"
        "    os.kill(os.getpid(), 9)\n"
        "os.waitpid(child, 0)\n"
    )
    assert done.returncode == 0, done.stderr
    assert sorted(row["step"] for row in server.rows()) == [0, 1]


def test_a_run_pickled_in_its_own_process_is_the_same_object() -> None:
    run = wanllm.init(mode="offline")
    assert pickle.loads(pickle.dumps(run)) is run


def test_an_error_inside_never_reaches_the_script(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run = wanllm.init(mode="offline")

    def fail(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("wanllm._pipeline.Pipeline.add_row", fail)
    monkeypatch.setattr("wanllm._pipeline.Pipeline.publish", fail)
    monkeypatch.setattr("wanllm._pipeline.Pipeline.close", fail)
    for _ in range(3):
        run.log({"a": 1})
        run.config.x = 1
        run.define_metric("a")
    run.finish()
    said = capfd.readouterr().err
    assert said.count("log() failed") == 1
    assert "finish() failed" in said


def test_a_row_that_breaks_the_encoder_costs_nothing_but_itself(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from wanllm import _rows

    real = _rows._object_bytes

    def fail_once(data: dict[str, Any]) -> int:
        if "bad" in data:
            raise RuntimeError("a bug of ours")
        return real(data)

    monkeypatch.setattr(_rows, "_object_bytes", fail_once)
    run = wanllm.init(project="ann/demo")
    run.log({"a": 1.0})
    run.log({"bad": 1.0})
    run.log({"a": 2.0})
    run.finish()
    assert server.rows() == [{"step": 0, "a": 1.0}, {"step": 2, "a": 2.0}]
    assert "was left out" in capfd.readouterr().err


def test_run_json_is_complete_before_the_first_log(tmp_path: Path) -> None:
    wanllm.init(mode="offline", config={"lr": 0.1}, project="a/b")
    info = json.loads((only_folder(tmp_path).path / "run.json").read_text())
    assert (info["org"], info["project"], info["body"]["config"]) == ("a", "b", {"lr": 0.1})
    assert len(info["key"]) == 36


def test_the_local_log_is_never_added_to_git(tmp_path: Path) -> None:
    wanllm.init(mode="offline")
    assert (tmp_path / "wanllm-runs" / ".gitignore").read_text() == "*\n"


def test_a_signal_handler_may_log_and_finish(server: FakeServer) -> None:
    done = run_script(
        "import signal, sys, wanllm\n"
        "run = wanllm.init(project='ann/demo')\n"
        "def handler(*_):\n"
        "    run.log({'signal': 1.0})\n"
        "    run.finish(143, state='killed')\n"
        "    sys.exit(143)\n"
        "signal.signal(signal.SIGALRM, handler)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.3)\n"
        "while True:\n"
        "    run.log({'a': 1.0})\n",
        WANLLM_FINISH_TIMEOUT="20",
    )
    assert done.returncode == 143, done.stderr
    rows = server.rows()
    assert sum("signal" in row for row in rows) == 1
    assert len({row["step"] for row in rows}) >= len(rows) - 1
    assert server.records("finish") == [{"kind": "finish", "exit_code": 143, "state": "killed"}]


def test_a_thread_per_logger_loses_no_row(server: FakeServer) -> None:
    from threading import Thread

    run = wanllm.init(project="ann/demo")

    def work(rank: int) -> None:
        for _ in range(500):
            run.log({f"t{rank}": 1.0})

    threads = [Thread(target=work, args=(rank,)) for rank in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval)
    run.finish()
    assert sorted(row["step"] for row in server.rows()) == list(range(4000))
