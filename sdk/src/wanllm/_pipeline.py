"""From log() to the server: rows wait in memory for ≤ 0.25 s, then in the spool until confirmed.

One pipeline is one stream: one process of one run. Two daemon threads: `wanllm-spool` turns what
waits into records on disk, `wanllm-send` (only online) sends them.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections import deque
from typing import Any, Callable, TypeVar

from wanllm._console import Console
from wanllm._facts import collect_facts
from wanllm._folder import RunFolder, stream_header
from wanllm._http import Client
from wanllm._msgpack import pack
from wanllm._notice import warn_once
from wanllm._rows import Row, encode_rows
from wanllm._sender import Sender
from wanllm._settings import Settings
from wanllm._spool import Spool
from wanllm._system import Sampler

SPOOL_INTERVAL_S = 0.25
FSYNC_INTERVAL_S = 5.0
MAX_WAITING_ROWS = 200_000  # above this log() itself helps to write, which bounds the memory
_Item = TypeVar("_Item")
PATIENCE_S = 5.0  # how long the end of a script waits for a server that doesn't answer


class Pipeline:
    """The writer of one stream. `info` is the content of run.json; `folder` is None without a disk.

    `on_created(run)` is told once when the server has made the run, `on_commands` its commands.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        folder: RunFolder | None,
        info: dict[str, Any],
        label: str,
        is_child: bool,
        on_created: Callable[[dict[str, Any]], None],
        on_commands: Callable[[list[str]], None],
    ) -> None:
        self.stream = str(uuid.uuid4())
        self.folder = folder
        self.info = info
        self.console = Console()
        self.sender: Sender | None = None
        self._settings = settings
        self._on_created = on_created
        self._info_lock = threading.Lock()
        self._tick_lock = threading.Lock()
        self._rows: deque[Row] = deque()
        self._controls: deque[bytes] = deque()
        self._stopping = threading.Event()
        self._facts_ready = threading.Event()
        self._synced_at = time.monotonic()
        self._sampler = None if is_child else Sampler(settings.system_interval_s)
        header = stream_header(self.stream, label)
        path = folder.spool_path(self.stream) if folder else None
        self.spool = Spool(path, header)
        self._thread = threading.Thread(target=self._run, name="wanllm-spool", daemon=True)
        if settings.mode == "online" and settings.api_key:
            self.sender = Sender(
                client=Client(settings.base_url, settings.api_key),
                folder=folder,
                spool=self.spool,
                header=header,
                read_info=lambda: self.info,
                facts_ready=self._facts_ready,
                on_created=self._note_created,
                on_commands=on_commands,
            )
        self._start(is_child)

    def _start(self, is_child: bool) -> None:
        self._thread.start()
        if is_child:
            self._facts_ready.set()  # the parent has collected them
        else:
            threading.Thread(target=self._collect, name="wanllm-facts", daemon=True).start()
        if self.sender is not None:
            self.sender.start()

    def add_row(self, row: Row) -> None:
        """Take one row. No lock: a signal handler may log in the middle of a log()."""
        self._rows.append(row)
        if len(self._rows) > MAX_WAITING_ROWS:
            self.flush()

    def publish(self, record: dict[str, Any]) -> None:
        """Take a record other than rows: config, summary, define."""
        self._controls.append(pack(record))  # packed now: what the record holds may change later

    def flush(self, *, is_last: bool = False) -> None:
        """Write everything that waits into the spool."""
        with self._tick_lock:
            for payload in _encode_all(_take_all(self._rows)):
                self.spool.append(payload)
            for payload in _take_all(self._controls):
                self.spool.append(payload)
            lines = self.console.take(is_last)
            if lines:
                self.spool.append(pack({"kind": "console", "lines": lines}))
            if self._sampler is not None:
                self._sample(self._sampler)

    def close(self, finish: dict[str, Any] | None) -> bool:
        """End the stream, with a `finish` record if this writer ends the run; wait for the server.

        Returns whether everything is confirmed. Waits at most the finish timeout, and only a few
        seconds for a server that does not answer.
        """
        self._stopping.set()
        self._thread.join(PATIENCE_S)
        self.flush(is_last=True)
        if finish is not None:
            self.spool.append(pack(finish))
        self.spool.sync()
        if self.folder is not None and self.spool.is_on_disk():
            self.folder.note_end(self.stream)
        if self.sender is None:
            self.spool.close()
            return False
        is_confirmed = self.sender.drain(self._settings.finish_timeout_s, PATIENCE_S)
        if self.sender.finished.is_set():
            self.spool.close()
        return is_confirmed

    def wait_until_settled(self, timeout_s: float) -> bool:
        """Wait until the server has created or refused the run; False when it did not answer."""
        return self.sender is not None and self.sender.settled.wait(timeout_s)

    def _run(self) -> None:
        while not self._stopping.wait(SPOOL_INTERVAL_S):
            try:
                self.flush()
                if time.monotonic() - self._synced_at > FSYNC_INTERVAL_S:
                    self._synced_at = time.monotonic()
                    self.spool.sync()
            except Exception as error:  # noqa: BLE001 - the boundary of the thread
                warn_once(
                    "spool:error", f"some records were lost to an error in the SDK: {error!r}"
                )

    def _sample(self, sampler: Sampler) -> None:
        sample = sampler.take()
        if sample:
            now = time.time()
            for payload in encode_rows([(int(now), now, sample)], "system"):
                self.spool.append(payload)

    def _collect(self) -> None:
        try:
            facts = collect_facts(with_git=self._settings.git)
            with self._info_lock:
                self.info = {**self.info, "body": {**self.info["body"], **facts}}
                if self.folder is not None:
                    self.folder.save(self.info)
        except Exception as error:  # noqa: BLE001 - the boundary of the thread
            warn_once("facts", f"the environment could not be described: {error!r}")
        finally:
            self._facts_ready.set()

    def _note_created(self, run: dict[str, Any]) -> None:
        with self._info_lock:
            known = {"uid": run["uid"], "org": run["org"], "url": run["url"]}
            self.info = {**self.info, **known}
            if self.folder is not None:
                self.folder.change(**known)
        self._on_created(run)


def _take_all(waiting: deque[_Item]) -> list[_Item]:
    """Remove and return what waits now; others may append meanwhile."""
    return [waiting.popleft() for _ in range(len(waiting))]


def _encode_all(rows: list[Row]) -> list[bytes]:
    """Return the records of rows; a row that cannot be encoded is left out and spoils no other."""
    try:
        return list(encode_rows(rows))
    except Exception as error:  # noqa: BLE001 - whatever people log must not cost its neighbours
        warn_once("encode", f"a row could not be stored and was left out: {error!r}")
    payloads: list[bytes] = []
    for row in rows:
        with contextlib.suppress(Exception):
            payloads.extend(encode_rows([row]))
    return payloads
