"""`wanllm login`, `sync` and `ls`."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import wanllm
from conftest import KEY, FakeServer, run_script
from wanllm._cli import main
from wanllm._settings import credentials_path
from wanllm._sync import find_folders


def offline_run(count: int = 10, **init: Any) -> Path:
    run = wanllm.init(project="ann/demo", mode="offline", **init)
    for step in range(count):
        run.log({"loss": float(step)}, step=step)
    run.finish()
    assert run.dir is not None
    return run.dir


def test_sync_sends_an_offline_run_and_removes_it(
    server: FakeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = offline_run()
    assert main(["sync", str(folder)]) == 0
    assert server.rows() == [{"step": i, "loss": float(i)} for i in range(10)]
    assert server.records()[-1]["kind"] == "finish"
    assert "complete → http" in capsys.readouterr().out
    assert not folder.exists()


def test_sync_sends_all_that_is_there(server: FakeServer, tmp_path: Path) -> None:
    for _ in range(12):
        offline_run()
    assert main(["sync"]) == 0
    assert len(server.runs) == 12
    assert len(server.rows()) == 120
    assert find_folders([tmp_path / "wanllm-runs"]) == []


def test_sync_twice_sends_once(server: FakeServer) -> None:
    folder = offline_run()
    assert main(["sync", "--keep", str(folder)]) == 0
    for ack in folder.glob("*.ack"):
        ack.unlink()
    assert main(["sync", "--keep", str(folder)]) == 0
    assert len(server.rows()) == 10
    assert len(server.runs) == 1


def test_sync_while_the_script_runs_takes_nothing_away(server: FakeServer) -> None:
    run = wanllm.init(project="ann/demo", mode="offline")
    run.log({"a": 1.0})
    run._pipeline.flush()  # type: ignore[union-attr]  # init has made it
    assert run.dir is not None
    assert main(["sync", str(run.dir)]) == 0
    assert server.rows() == [{"step": 0, "a": 1.0}]
    run.log({"a": 2.0})
    run.finish()
    assert main(["sync", str(run.dir)]) == 0
    assert server.rows() == [{"step": 0, "a": 1.0}, {"step": 1, "a": 2.0}]


def test_sync_goes_on_where_it_was_interrupted(server: FakeServer) -> None:
    folder = offline_run()
    server.refuses = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    server.faults = [(401, {}, {})]
    assert main(["sync", str(folder)]) == 1
    server.refuses = None
    assert main(["sync", str(folder)]) == 0
    assert len(server.rows()) == 10


def test_sync_can_send_elsewhere(server: FakeServer, capsys: pytest.CaptureFixture[str]) -> None:
    wanllm.init(project="ann/demo", id="taken").finish()
    folder = offline_run(id="taken")
    assert main(["sync", str(folder)]) == 1
    assert "a run of this ID already" in capsys.readouterr().out
    assert main(["sync", str(folder), "--id", "free", "--project", "ann/other"]) == 0
    assert [(run["project"], run["id"]) for run in server.runs.values()] == [
        ("demo", "taken"),
        ("other", "free"),
    ]
    assert len(server.rows()) == 10


def test_sync_sends_a_log_whose_end_is_torn(server: FakeServer) -> None:
    folder = offline_run()
    (spool,) = folder.glob("*.spool")
    os.truncate(spool, spool.stat().st_size - 3)  # in the finish record
    assert main(["sync", str(folder)]) == 0
    assert len(server.rows()) == 10
    assert server.records("finish") == []


def test_what_cannot_be_synced_is_said(
    server: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", str(tmp_path / "nowhere")]) == 1
    assert "is not a folder" in capsys.readouterr().err
    assert main(["sync", str(tmp_path)]) == 0
    assert "Nothing to send" in capsys.readouterr().out
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "run.json").write_text("{")
    assert main(["sync", str(broken)]) == 1


def test_ls_names_what_waits(capsys: pytest.CaptureFixture[str]) -> None:
    folder = offline_run()
    assert main(["ls"]) == 0
    listed = capsys.readouterr().out
    assert str(folder) in listed
    assert "0 of " in listed


def test_login_checks_and_keeps_the_key(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WANLLM_API_KEY")
    monkeypatch.delenv("WANLLM_BASE_URL")
    monkeypatch.setattr("sys.stdin", io.StringIO(KEY + "\n"))
    assert main(["login", "--base-url", server.url + "/"]) == 0
    assert "signed in" in capfd.readouterr().err
    assert credentials_path().stat().st_mode & 0o777 == 0o600
    wanllm.init(project="ann/demo").finish()
    assert len(server.runs) == 1


@pytest.mark.parametrize(
    ("key", "message"), [("short", "40 hexadecimal"), ("e" * 40, "does not know this key")]
)
def test_login_refuses_a_key_that_is_not_good(
    server: FakeServer, key: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["login", "--api-key", key]) == 1
    assert message in capsys.readouterr().err
    assert not credentials_path().exists()


def test_login_says_when_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login", "--api-key", KEY, "--base-url", "http://127.0.0.1:9"]) == 1
    assert "Is the server running" in capsys.readouterr().err


def test_keys_of_two_servers_are_kept_apart(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wanllm._settings import resolve, store_api_key

    monkeypatch.delenv("WANLLM_API_KEY")
    monkeypatch.delenv("WANLLM_BASE_URL")
    store_api_key("http://one", "1" * 40)
    store_api_key("http://two", "2" * 40)
    assert (resolve().base_url, resolve().api_key) == ("http://two", "2" * 40)
    monkeypatch.setenv("WANLLM_BASE_URL", "http://one")
    assert resolve().api_key == "1" * 40
    monkeypatch.setenv("WANLLM_BASE_URL", "http://three")
    assert resolve().api_key is None


def test_the_command_runs_as_a_module() -> None:
    done = run_script("import sys; from wanllm._cli import main; sys.exit(main(['--version']))")
    assert done.stdout == f"wanllm {wanllm.__version__}\n"


def test_a_killed_script_loses_nothing_older_than_a_second(
    server: FakeServer, tmp_path: Path
) -> None:
    script = (
        "import os, time, wanllm\n"
        "run = wanllm.init(project='ann/demo', mode='offline', config={'lr': 0.1})\n"
        "for step in range(500):\n"
        "    run.log({'loss': step / 7}, step=step)\n"
        "time.sleep(1)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert run_script(script).returncode == -9
    assert main(["sync"]) == 0
    assert server.rows() == [{"step": i, "loss": i / 7} for i in range(500)]
    assert next(iter(server.runs.values()))["config"] == {"lr": 0.1}
    assert server.records("finish") == []
    assert find_folders([tmp_path / "wanllm-runs"]) == []


def test_git_facts_hold_no_credentials(tmp_path: Path) -> None:
    from wanllm._facts import collect_git

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Ann", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, stdout=-3)

    assert collect_git(tmp_path) == {}
    git("init", "-q", "-b", "main")
    git("remote", "add", "origin", "https://user:t0ken@example.org/team/repo.git")
    (tmp_path / "train.py").write_text("lr = 1\n")
    git("add", "train.py")
    git("commit", "-qm", "First try")
    clean = collect_git(tmp_path)
    assert clean["remote"] == "https://example.org/team/repo.git"
    assert (clean["branch"], clean["message"], clean["dirty"]) == ("main", "First try", False)
    assert len(clean["commit"]) == 40
    (tmp_path / "train.py").write_text("lr = 2\n")
    dirty = collect_git(tmp_path)
    assert dirty["dirty"] is True
    assert "-lr = 1\n+lr = 2" in dirty["diff"]
    (tmp_path / "train.py").write_text("x" * 1_000_000)
    assert len(collect_git(tmp_path)["diff"]) < 300_000


@pytest.mark.parametrize(
    ("remote", "shown"),
    [
        ("https://t0ken@example.org/a/b", "https://example.org/a/b"),
        ("https://example.org/a@b/c", "https://example.org/a@b/c"),
        ("ssh://git:pw@example.org/a", "ssh://git@example.org/a"),
        ("git@example.org:a/b.git", "git@example.org:a/b.git"),
    ],
)
def test_remotes_without_credentials(remote: str, shown: str) -> None:
    from wanllm._facts import without_credentials

    assert without_credentials(remote) == shown


def test_secrets_on_the_command_line_are_hidden() -> None:
    from wanllm._facts import command_line

    arguments = ["train.py", "--api-key", "abc", "--hf-token=def", "--lr", "0.1", "a b"]
    assert command_line(arguments) == "train.py --api-key *** --hf-token=*** --lr 0.1 'a b'"
