"""The lock on the data folder."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from wanllmdb.serving import lock


def test_lock_names_its_process_and_is_free_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with lock.hold(tmp_path / "data", alone=True):
            assert (tmp_path / "data" / "server.lock").read_text() == f"{os.getpid()}\n"


def test_second_holder_is_told_who_has_it(tmp_path: Path) -> None:
    with (
        lock.hold(tmp_path, alone=True),
        pytest.raises(SystemExit, match=rf"process {os.getpid()}"),
    ):
        lock.hold(tmp_path, alone=True).__enter__()


def test_servers_that_share_a_broker_share_the_folder(tmp_path: Path) -> None:
    with lock.hold(tmp_path, alone=False), lock.hold(tmp_path, alone=False):
        assert tmp_path.is_dir()


def test_disk_without_locks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(SystemExit, match="has to be on a local disk"):
        lock.hold(tmp_path, alone=True).__enter__()
