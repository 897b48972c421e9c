"""The local log: numbers, torn ends, full disks."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from wanllm._folder import stream_header
from wanllm._spool import Spool, SpoolReader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.spool"


def make_spool(path: Path, count: int) -> Spool:
    spool = Spool(path, stream_header("a", "rank 0"))
    for number in range(count):
        spool.append(b"record %d" % number)
    return spool


def test_records_are_read_by_number(path: Path) -> None:
    spool = make_spool(path, 1000)
    assert spool.count == 1000
    reader = SpoolReader(path)
    assert reader.header["label"] == "rank 0"
    assert reader.count() == 1000
    for start in (0, 999, 255, 256, 257, 3, 700, 0):
        assert reader.read(start, 1 << 20, 2)[0] == b"record %d" % start
    assert reader.read(1000, 1 << 20) == []
    assert len(reader.read(0, 1 << 20, 10_000)) == 1000


def test_a_read_stops_at_the_size_but_gives_one_record_at_least(path: Path) -> None:
    spool = make_spool(path, 10)
    assert len(spool.read(0, 27)) == 3
    assert spool.read(0, 1) == [b"record 0"]
    assert spool.read(3, 27)[0] == b"record 3"


def test_a_reader_sees_what_is_written_after_it_opened(path: Path) -> None:
    spool = make_spool(path, 1)
    reader = SpoolReader(path)
    assert reader.read(1, 100) == []
    spool.append(b"later")
    assert reader.read(1, 100) == [b"later"]


@pytest.mark.parametrize("cut", [1, 5, 8, 12])
def test_a_torn_end_hides_only_the_torn_record(path: Path, cut: int) -> None:
    make_spool(path, 10).close()
    os.truncate(path, path.stat().st_size - cut)
    assert SpoolReader(path).count() == 9


def test_a_damaged_record_ends_the_log_before_it(path: Path) -> None:
    make_spool(path, 10).close()
    content = bytearray(path.read_bytes())
    content[content.index(b"record 4")] ^= 1
    path.write_bytes(content)
    assert SpoolReader(path).read(0, 1 << 20) == [b"record %d" % i for i in range(4)]


@pytest.mark.parametrize("content", [b"", b"WANLLM1\n", b"WANLLM1\n\x05", b"something else"])
def test_what_is_no_spool_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"spool|header"):
        SpoolReader(path)


class Disk:
    """os.write with a disk that can be full: what doesn't fit is half written, as in life."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = self._is_half_done = False
        self._write = os.write
        monkeypatch.setattr("wanllm._spool.os.write", self.write)

    def write(self, handle: int, data: Any) -> int:
        if not self.is_full:
            return self._write(handle, data)
        self._is_half_done = not self._is_half_done
        if self._is_half_done:
            return self._write(handle, data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_keeps_records_in_memory_until_it_has_space(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    disk = Disk(monkeypatch)
    spool = make_spool(path, 3)
    disk.is_full = True
    spool.append(b"record 3")
    spool.append(b"record 4")
    assert [spool.read(i, 1 << 20)[0] for i in range(5)] == [b"record %d" % i for i in range(5)]
    assert SpoolReader(path).count() == 3
    disk.is_full = False
    spool.append(b"record 5")
    assert SpoolReader(path).read(0, 1 << 20) == [b"record %d" % i for i in range(6)]
    said = capfd.readouterr().err
    assert said.count("cannot be written") == 1
    assert "takes records again" in said


def test_a_disk_that_stays_full_bounds_the_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    disk = Disk(monkeypatch)
    spool = make_spool(path, 1)
    disk.is_full = True
    taken = sum(spool.append(bytes(1 << 20)) for _ in range(70))
    assert taken == 64
    assert spool.count == 65
    assert "new records are lost" in capfd.readouterr().err


def test_without_a_disk_records_live_in_memory() -> None:
    spool = Spool(None, stream_header("a", ""))
    assert spool.append(b"x")
    assert spool.read(0, 100) == [b"x"]
    spool.sync()
