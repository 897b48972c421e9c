"""The local log of one stream: records in order, on disk before they are sent.

A file is a line that names the format, then frames `u32 length | u32 crc32 | payload`. Frame 0 is a
JSON header (stream, label, pid, host); frame n + 1 is record n, packed as it goes over the wire.
The operating system keeps what was written when the process is killed, so a write is enough to
survive `kill -9`; `sync` is for power cuts. A torn frame at the end is ignored by readers.
"""

from __future__ import annotations

import json
import os
import struct
import threading
import zlib
from pathlib import Path
from typing import Any

from wanllm._notice import say, warn_once

MAGIC = b"WANLLM1\n"
MAX_MEMORY_BYTES = 64 << 20  # kept in memory while the disk takes nothing
_FRAME = struct.Struct("<II")
_INDEX_STRIDE = 256


class SpoolReader:
    """Reads records by number from a file that may still grow."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        if self._file.read(len(MAGIC)) != MAGIC:
            self._file.close()
            raise ValueError(f"{path} is not a wanllm spool")
        header = self._frame(len(MAGIC))
        if header is None:
            self._file.close()
            raise ValueError(f"{path} ends before its header")
        self.header: dict[str, Any] = json.loads(header)
        # Positions of record 0, 256, 512 …; `_next` is the record at `_position`.
        self._index = [len(MAGIC) + _FRAME.size + len(header)]
        self._next, self._position = 0, self._index[0]

    def read(self, offset: int, max_bytes: int, max_records: int = 1000) -> list[bytes]:
        """Return records from number `offset` on: one at least, if it is there."""
        self._seek(offset)
        records: list[bytes] = []
        size = 0
        while len(records) < max_records and self._next == offset + len(records):
            payload = self._step()
            if payload is None:
                break
            if records and size + len(payload) > max_bytes:
                self._next, self._position = self._next - 1, self._position - _frame_size(payload)
                break
            records.append(payload)
            size += len(payload)
        return records

    def count(self) -> int:
        """Return how many whole records the file holds now; costs one pass over what is new."""
        self._seek((len(self._index) - 1) * _INDEX_STRIDE)
        while self._step() is not None:
            pass
        return self._next

    def close(self) -> None:
        self._file.close()

    def _seek(self, offset: int) -> None:
        if offset != self._next:
            slot = min(offset // _INDEX_STRIDE, len(self._index) - 1)
            if not slot * _INDEX_STRIDE <= self._next <= offset:
                self._next, self._position = slot * _INDEX_STRIDE, self._index[slot]
            while self._next < offset and self._step() is not None:
                pass

    def _step(self) -> bytes | None:
        payload = self._frame(self._position)
        if payload is not None:
            self._next += 1
            self._position += _frame_size(payload)
            if self._next == len(self._index) * _INDEX_STRIDE:
                self._index.append(self._position)
        return payload

    def _frame(self, position: int) -> bytes | None:
        self._file.seek(position)
        head = self._file.read(_FRAME.size)
        if len(head) < _FRAME.size:
            return None
        length, checksum = _FRAME.unpack(head)
        payload = self._file.read(length)
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return None
        return payload


def _frame_size(payload: bytes) -> int:
    return _FRAME.size + len(payload)


class Spool:
    """The writing end, used by one process; any of its threads may call it.

    While the disk takes nothing (full, gone), up to 64 MiB of records wait in memory, are readable
    as usual, and go to the file as soon as it takes them. Beyond that new ones are lost, and said.
    """

    def __init__(self, path: Path | None, header: dict[str, Any]) -> None:
        self.count = 0
        self.dropped = 0
        self._lock = threading.Lock()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._reader: SpoolReader | None = None
        self._handle: int | None = None
        self._end = 0
        if path is not None:
            self._open(path, header)

    def _open(self, path: Path, header: dict[str, Any]) -> None:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            self._handle = os.open(path, flags, 0o600)
            first = json.dumps(header).encode()
            self._write(self._handle, MAGIC + _FRAME.pack(len(first), zlib.crc32(first)) + first)
            self._reader = SpoolReader(path)
        except OSError as error:
            self._complain(error)
            self.close()

    def append(self, payload: bytes) -> bool:
        """Give `payload` the next number and write it; False where it had to be dropped."""
        with self._lock:
            self._flush_waiting()
            if self._waiting or not self._try_write(payload):
                if self._waiting_bytes + len(payload) > MAX_MEMORY_BYTES:
                    self.dropped += 1
                    warn_once(
                        "spool:full", "disk and memory buffer are full; new records are lost."
                    )
                    return False
                self._waiting.append(payload)
                self._waiting_bytes += len(payload)
            self.count += 1
            return True

    def read(self, offset: int, max_bytes: int) -> list[bytes]:
        """Return records from number `offset` on, from the file or from memory."""
        with self._lock:
            written = self.count - len(self._waiting)
            if offset >= written:
                return self._waiting[offset - written : offset - written + 1000]
            reader = self._reader
        return reader.read(offset, max_bytes) if reader is not None else []

    def sync(self) -> None:
        """Ask the disk to keep what was written even if the machine loses power."""
        with self._lock:
            self._flush_waiting()
            handle = self._handle
        if handle is not None:
            try:
                os.fsync(handle)
            except OSError as error:
                self._complain(error)

    def is_on_disk(self) -> bool:
        with self._lock:
            return not self._waiting

    def close(self) -> None:
        with self._lock:
            if self._reader is not None:
                self._reader.close()
            if self._handle is not None:
                os.close(self._handle)
            self._reader = self._handle = None

    def _flush_waiting(self) -> None:
        while self._waiting and self._try_write(self._waiting[0]):
            self._waiting_bytes -= len(self._waiting.pop(0))
            if not self._waiting:
                say("the disk takes records again; what waited in memory is written.")

    def _try_write(self, payload: bytes) -> bool:
        if self._handle is None:
            return False
        try:
            self._write(self._handle, _FRAME.pack(len(payload), zlib.crc32(payload)) + payload)
        except OSError as error:
            self._complain(error)
            return False
        return True

    def _write(self, handle: int, data: bytes) -> None:
        """Write all of `data` or nothing: half a frame would hide every later one from readers."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(handle, view) :]
        except OSError:
            os.ftruncate(handle, self._end)
            os.lseek(handle, self._end, os.SEEK_SET)
            raise
        self._end += len(data)

    def _complain(self, error: OSError) -> None:
        warn_once(
            "spool:disk",
            f"the local log cannot be written ({error}); records wait in memory meanwhile.",
        )
