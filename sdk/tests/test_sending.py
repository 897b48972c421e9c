"""The sender against a server that misbehaves in every documented way."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import wanllm
from conftest import FakeServer, error


def wait_for(condition: Any, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def log_and_finish(count: int = 10, **init: Any) -> wanllm.Run:
    run = wanllm.init(project="ann/demo", **init)
    for step in range(count):
        run.log({"loss": 1.0 / (step + 1)}, step=step)
    run.finish()
    return run


def test_a_run_arrives_whole_and_leaves_no_files(server: FakeServer, tmp_path: Path) -> None:
    run = log_and_finish(config={"lr": 0.1}, name="first", tags=["a", "b"], group="g", notes="n")
    (stored,) = server.runs.values()
    body = stored["body"]
    assert (body["name"], body["tags"], body["group"], body["notes"]) == (
        "first",
        ["a", "b"],
        "g",
        "n",
    )
    assert body["config"] == {"lr": 0.1}
    assert body["environment"]["python"].startswith("3.")
    assert server.rows() == [{"step": i, "loss": 1.0 / (i + 1)} for i in range(10)]
    assert server.records()[-1] == {"kind": "finish", "exit_code": 0}
    assert run.url == stored["url"]
    assert list((tmp_path / "wanllm-runs").iterdir()) == [tmp_path / "wanllm-runs" / ".gitignore"]


def test_the_project_is_made_in_the_own_org_where_none_is_named(server: FakeServer) -> None:
    wanllm.init(project="new one").finish()
    assert server.projects == {"ann/new one"}


def test_points_are_seen_while_the_script_runs(server: FakeServer) -> None:
    wanllm.init(project="ann/demo")
    wanllm.log({"loss": 1.0})
    wait_for(lambda: server.rows() == [{"step": 0, "loss": 1.0}])


def test_answers_that_ask_for_patience_are_repeated(server: FakeServer) -> None:
    server.faults = [
        (503, {}, {}),
        (429, {"Retry-After": "1"}, error("rate_limited", "Too many.")),
        (502, {}, {}),
    ]
    started = time.monotonic()
    log_and_finish()
    assert time.monotonic() - started > 1.0
    assert len(server.rows()) == 10


def test_a_batch_whose_answer_was_lost_is_stored_once(server: FakeServer) -> None:
    run = wanllm.init(project="ann/demo")
    run.log({"loss": 1.0})
    wait_for(lambda: len(server.rows()) == 1)
    real = server.answer

    def lose_one_answer(*request: Any) -> tuple[int, Any]:
        _, answer = real(*request)
        server.__dict__.pop("answer")
        return 500, answer

    server.__dict__["answer"] = lose_one_answer
    run.log({"loss": 2.0})
    run.finish()
    assert server.rows() == [{"step": 0, "loss": 1.0}, {"step": 1, "loss": 2.0}]


def test_a_server_that_forgot_gets_everything_again(server: FakeServer) -> None:
    run = wanllm.init(project="ann/demo")
    run.log({"loss": 1.0})
    wait_for(lambda: len(server.rows()) == 1)
    next(iter(server.streams.values())).clear()  # as after a restored backup
    run.log({"loss": 2.0})
    run.finish()
    assert server.rows() == [{"step": 0, "loss": 1.0}, {"step": 1, "loss": 2.0}]


def test_one_record_that_is_refused_costs_nothing_but_itself(
    server: FakeServer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.refuses = lambda record: record["kind"] == "define"
    run = wanllm.init(project="ann/demo")
    for step in range(20):
        run.log({"loss": 1.0}, step=step)
        run.summary["step"] = step
        if step == 7:
            run.define_metric("val/*", goal="maximize")
    run.finish()
    assert len(server.rows()) == 20
    assert len(server.records("summary")) == 20
    assert server.records("define") == []
    assert len(server.records("heartbeat")) == 1  # keeps the numbers of those behind it
    assert capfd.readouterr().err.count("refused a record") == 1


def test_a_request_that_is_too_large_is_split(server: FakeServer) -> None:
    real, sizes = server.answer, []

    def refuse_large(method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if path.endswith("/stream") and len(body) > 2000:
            sizes.append(len(body))
            return 413, error("too_large", "Send less.")
        return real(method, path, headers, body)

    server.__dict__["answer"] = refuse_large
    run = wanllm.init(project="ann/demo")
    for number in range(100):
        run.summary[f"k{number}"] = secrets.token_hex(100)
    run.finish()
    assert sizes
    assert len(server.records("summary")) == 100


def test_a_key_that_is_not_good_stops_sending_and_keeps_everything(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANLLM_API_KEY", "f" * 40)
    run = log_and_finish()
    said = capfd.readouterr().err
    assert said.count("does not accept the API key") == 1
    assert f"wanllm sync {run.dir}" in said
    assert server.rows() == []


def test_no_key_keeps_everything(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WANLLM_API_KEY")
    run = log_and_finish()
    said = capfd.readouterr().err
    assert "there is no API key" in said
    assert f"wanllm sync {run.dir}" in said
    assert server.requests == []


@pytest.fixture
def silent_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def may_answer(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The server answers nothing until this is set."""
    event = threading.Event()
    answer = server.answer

    def answer_late(*request: Any) -> tuple[int, Any]:
        assert event.wait(60)
        return answer(*request)

    monkeypatch.setattr(server, "answer", answer_late)
    return event


def test_log_does_not_wait_for_an_answer(server: FakeServer, may_answer: threading.Event) -> None:
    run = wanllm.init(project="ann/demo")
    for step in range(1000):
        run.log({"loss": 1.0}, step=step)
    assert server.runs == {}
    may_answer.set()
    run.finish()
    assert len(server.rows()) == 1000


def test_no_server_costs_no_point(
    silent_port: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANLLM_BASE_URL", f"http://127.0.0.1:{silent_port}")
    monkeypatch.setenv("WANLLM_API_KEY", "0" * 40)
    monkeypatch.setattr("wanllm._pipeline.PATIENCE_S", 0.5)
    run = wanllm.init(project="ann/demo")
    for step in range(1000):
        run.log({"loss": 1.0}, step=step)
    run.finish()
    assert "not everything has reached the server; send the rest with: wanllm sync" in (
        capfd.readouterr().err
    )


def test_a_command_to_stop_sets_the_flag(
    server: FakeServer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.commands = ["stop"]
    run = wanllm.init(project="ann/demo")
    run.log({"loss": 1.0})
    wait_for(lambda: run.stop_requested)
    assert "asks this run to stop" in capfd.readouterr().err


def test_a_quiet_run_sends_heartbeats(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wanllm._sender.HEARTBEAT_S", 0.1)
    monkeypatch.setattr("wanllm._sender.SEND_INTERVAL_S", 0.1)
    monkeypatch.setenv("WANLLM_SYSTEM_INTERVAL", "0")
    wanllm.init(project="ann/demo")
    wait_for(lambda: len(server.records("heartbeat")) >= 2)


def test_cpu_and_memory_are_sampled(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANLLM_SYSTEM_INTERVAL", "0.2")
    wanllm.init(project="ann/demo")
    wait_for(lambda: len(server.records("system")) >= 2)
    sample = server.records("system")[-1]["columns"]
    assert sorted(sample) == [
        "cpu/percent",
        "memory/percent",
        "memory/used_bytes",
        "process/cpu_percent",
        "process/memory_bytes",
        "process/threads",
    ]


def test_a_redirect_is_named_and_never_followed_with_the_key(
    server: FakeServer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.faults = [(301, {"Location": "https://elsewhere.example/"}, {})]
    log_and_finish()
    assert "redirects to https://elsewhere.example/" in capfd.readouterr().err


def test_a_proxy_of_the_environment_is_used(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, silent_port: int
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{silent_port}")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr("wanllm._pipeline.PATIENCE_S", 0.2)
    log_and_finish()
    assert server.requests == []
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    log_and_finish()
    assert len(server.rows()) == 10


def test_a_long_wait_at_the_end_is_explained_and_ends(
    server: FakeServer,
    may_answer: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WANLLM_FINISH_TIMEOUT", "1")
    monkeypatch.setattr("wanllm._sender._SILENT_DRAIN_S", 0.2)
    run = log_and_finish()
    assert server.runs == {}
    may_answer.set()
    said = capfd.readouterr().err
    assert said.count("sending the last") == 1
    assert f"wanllm sync {run.dir}" in said
