"""`manage.py serve` as people and process managers meet it: what it refuses, and what it keeps."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.contract.rest import call, wait_for_state
from tests.live_server import ROOT, LiveServer, copy_of

DATABASE = "wanllmdb.sqlite3"


@pytest.fixture
def server(migrated_data: Path, tmp_path: Path) -> Iterator[LiveServer]:
    """A server that has not been started."""
    server = LiveServer(copy_of(migrated_data, tmp_path))
    yield server
    server.stop()


def refusal(server: LiveServer) -> str:
    """Start a server that must refuse to, and return the one sentence it says."""
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=server.environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_port_in_use_is_said(server: LiveServer) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", server.port))
        other.listen()
        sentence = refusal(server)
    assert f"Port {server.port} of 127.0.0.1 is in use" in sentence
    assert "WANLLMDB_PORT" in sentence


def test_foreign_address_is_said(server: LiveServer) -> None:
    server.variables["WANLLMDB_HOST"] = "192.0.2.1"
    assert "WANLLMDB_HOST='192.0.2.1' is no address of this machine" in refusal(server)


def test_data_folder_that_cannot_be_written_is_said(server: LiveServer, tmp_path: Path) -> None:
    # A file where a folder should be: root may write everywhere else.
    (tmp_path / "file").touch()
    server.data_dir = tmp_path / "file" / "data"
    sentence = refusal(server)
    assert f"The data folder {server.data_dir} cannot be written" in sentence
    assert "WANLLMDB_DATA_DIR" in sentence


def test_data_folder_that_cannot_be_written_is_said_with_a_secret_given(
    server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    server.data_dir = tmp_path / "file" / "data"
    server.variables["WANLLMDB_SECRET_KEY"] = "x" * 50
    assert f"The data folder {server.data_dir} cannot be written" in refusal(server)


def test_newer_database_is_said_and_left_alone(server: LiveServer) -> None:
    path = server.data_dir / DATABASE
    with sqlite3.connect(path) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('runs', '0999_future', '2030-01-01')"
        )
    database.close()
    before = path.read_bytes()
    assert "was used by a newer wanLLMDB than this" in refusal(server)
    assert path.read_bytes() == before


def test_file_that_is_no_database_is_said(server: LiveServer) -> None:
    (server.data_dir / DATABASE).write_bytes(b"this is not a database" * 100)
    assert "cannot be used (file is not a database)" in refusal(server)


def test_database_that_does_not_answer_is_said_without_its_password(server: LiveServer) -> None:
    server.variables["WANLLMDB_DATABASE_URL"] = "postgresql://me:hush@127.0.0.1:1/wanllmdb"
    sentence = refusal(server)
    assert "The database wanllmdb on 127.0.0.1:1 cannot be used" in sentence
    assert "hush" not in sentence


def test_junk_in_a_variable_is_said(server: LiveServer) -> None:
    server.variables["WANLLMDB_PORT"] = "eighty"
    assert "WANLLMDB_PORT='eighty' cannot be used: it accepts a whole number" in refusal(server)


def test_second_server_on_the_same_data_is_refused(server: LiveServer) -> None:
    server.start()
    second = LiveServer(server.data_dir)
    sentence = refusal(second)
    assert f"(process {server.pid}) already works on {server.data_dir}" in sentence
    assert server.is_up()


def test_address_is_printed_once_and_nothing_else_is(server: LiveServer) -> None:
    server.start()
    assert server.stop(signal.SIGINT) == 0
    # A checkout's first server also has the static files to prepare.
    ready, stopped = [
        line for line in server.log.read_text().splitlines() if "static files" not in line
    ]
    assert f"is ready on {server.url}" in ready
    assert stopped.startswith("Stopped.")


def test_first_start_makes_the_database(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "new" / "data")
    server.log.parent.mkdir()
    server.start()
    server.stop()
    assert (server.data_dir / DATABASE).exists()


def test_stop_folds_the_log_into_one_file(server: LiveServer) -> None:
    server.start()
    server.adduser("ann")
    server.stop()
    assert not [path for path in server.data_dir.iterdir() if path.name.endswith(("-wal", "-shm"))]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_what_was_acknowledged_is_there_at_the_next_start(server: LiveServer, number: int) -> None:
    server.start()
    key = server.adduser("ann")
    call(server, key, "POST", "/projects", {"org": "ann", "slug": "mnist"})
    run = call(server, key, "POST", "/projects/ann/mnist/runs", {"config": {"lr": 0.1}})
    server.stop(number)
    server.start()
    assert call(server, key, "GET", f"/runs/{run['uid']}")["config"] == {"lr": 0.1}


def test_copy_of_a_killed_servers_folder_is_a_backup(server: LiveServer, tmp_path: Path) -> None:
    server.start()
    key = server.adduser("ann")
    server.kill9()
    twin = LiveServer(Path(shutil.copytree(server.data_dir, tmp_path / "twin")))
    twin.start()
    assert call(twin, key, "GET", "/auth/me")["username"] == "ann"
    twin.stop()


def test_request_under_way_is_answered_before_a_stop(server: LiveServer) -> None:
    server.start()
    key = server.adduser("ann")
    body = json.dumps({"org": "ann", "slug": "mnist"}).encode()
    head = (
        f"POST /api/v1/projects HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head.encode() + body[:5])
        time.sleep(0.3)
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        client.sendall(body[5:])
        answer = client.recv(65536)
    assert b" 201 " in answer.splitlines()[0]
    assert server.stop() == 0


def test_open_page_does_not_hold_up_a_stop(server: LiveServer) -> None:
    server.start()
    with connect(f"ws://127.0.0.1:{server.port}/ws/live", origin=Origin(server.url), proxy=None):
        assert server.stop() == 0


def test_administrator_is_made_from_the_environment_once(server: LiveServer) -> None:
    server.variables |= {
        "WANLLMDB_ADMIN_EMAIL": "root@example.org",
        "WANLLMDB_ADMIN_PASSWORD": "correct horse battery",
    }
    server.start()
    server.restart()
    with sqlite3.connect(server.data_dir / DATABASE) as database:
        users = database.execute("SELECT email, is_superuser FROM orgs_user").fetchall()
    database.close()
    assert users == [("root@example.org", 1)]


def test_missed_heartbeat_is_found_by_the_worker_inside(server: LiveServer) -> None:
    server.variables["WANLLMDB_HEARTBEAT_TIMEOUT_S"] = "10"
    server.start()
    key = server.adduser("ann")
    call(server, key, "POST", "/projects", {"org": "ann", "slug": "mnist"})
    run = call(server, key, "POST", "/projects/ann/mnist/runs", {})
    make_old = (
        "from apps.runs.models import Run; Run.objects.update(heartbeat_at='2020-01-01T00:00Z')"
    )
    server.manage("shell", "--no-imports", "-c", make_old)
    assert wait_for_state(server, key, run["uid"], "crashed", seconds=40)
