"""The one thread that talks to the server while a run lives."""

from __future__ import annotations

import random
import threading
import time
from typing import Any, Callable

from wanllm._errors import Refused, Retry
from wanllm._folder import RunFolder
from wanllm._http import Client
from wanllm._msgpack import pack
from wanllm._notice import say, warn_once
from wanllm._spool import Spool
from wanllm._uploader import Uploader, create_run

SEND_INTERVAL_S = 1.0
HEARTBEAT_S = 30.0  # the server takes a run as crashed after 300 s of silence
MAX_BACKOFF_S = 30.0
_FACTS_WAIT_S = 10.0
_SILENT_DRAIN_S = 3.0  # a longer wait at the end of a script is explained
_IMPATIENT_BACKOFF_S = 1.0  # while the script waits for its end
_HEARTBEAT = pack({"kind": "heartbeat"})


class Sender:
    """Creates the run, then sends what the spool holds, in order, until told to drain.

    `read_info` returns the current content of run.json; `on_created` gets the server's run once;
    `on_commands` gets the server's commands. Both are called on this thread.
    """

    def __init__(
        self,
        *,
        client: Client,
        folder: RunFolder | None,
        spool: Spool,
        header: dict[str, Any],
        read_info: Callable[[], dict[str, Any]],
        facts_ready: threading.Event,
        on_created: Callable[[dict[str, Any]], None],
        on_commands: Callable[[list[str]], None],
    ) -> None:
        self.settled = threading.Event()  # the run is created, or never will be
        self.finished = threading.Event()
        self.refusal: Refused | None = None
        self.away_since: float | None = None
        self._client = client
        self._spool = spool
        self._read_info = read_info
        self._facts_ready = facts_ready
        self._on_created = on_created
        self._on_commands = on_commands
        self._where = f" in {folder.path}" if folder else ""
        self._wake = threading.Event()
        self._draining = False
        self._attempt = 0
        self._last_sent = time.monotonic()
        self._uploader = Uploader(
            client=client,
            folder=folder,
            stream=header["stream"],
            label=header["label"],
            records=spool,
        )

    def start(self) -> None:
        threading.Thread(target=self._run, name="wanllm-send", daemon=True).start()

    def _run(self) -> None:
        try:
            wait_s: float | None = 0.0
            while wait_s is not None:
                self._wake.wait(wait_s)
                self._wake.clear()
                wait_s = self._advance()
        except Exception as error:  # noqa: BLE001 - the boundary of the thread
            warn_once("sender", f"sending stopped by an error in the SDK: {error!r}")
        finally:
            self._uploader.note()
            self._client.close()
            self.settled.set()
            self.finished.set()

    def drain(self, timeout_s: float, patience_s: float) -> bool:
        """Send what is left, for `timeout_s` at most; give up after `patience_s` of no answer.

        Returns whether the server has confirmed everything.
        """
        self._draining = True
        self._wake.set()
        started = time.monotonic()
        is_explained = False
        while not self.finished.wait(0.05):
            now = time.monotonic()
            if not is_explained and now - started > _SILENT_DRAIN_S:
                is_explained = True
                left = self._spool.count - self._uploader.acknowledged
                say(f"sending the last {left} records; Ctrl-C leaves them on disk.")
            away = self.away_since is not None and now - max(started, self.away_since) > patience_s
            if away or now - started > timeout_s:
                break
        return self.is_everything_confirmed()

    def is_everything_confirmed(self) -> bool:
        return (
            self.refusal is None
            and self._uploader.uid != ""
            and self._uploader.acknowledged >= self._spool.count
        )

    def _advance(self) -> float | None:
        """Do the next thing; return how long to wait after it, or None at the end."""
        try:
            if not self._uploader.uid:
                self._create()
            wait_s = self._send()
        except Retry as retry:
            return self._back_off(retry)
        except Refused as refusal:
            self._give_up(refusal)
            return None
        if self.away_since is not None:
            say(f"{self._client.base_url} answers again; sending what waited.")
            self.away_since = None
        self._attempt = 0
        if self._draining and self._uploader.acknowledged >= self._spool.count:
            return None
        return 0.0 if self._draining else wait_s

    def _create(self) -> None:
        self._facts_ready.wait(_FACTS_WAIT_S)
        info = self._read_info()
        uid = info.get("uid")
        if not uid:
            run = create_run(self._client, info)
            uid = run["uid"]
            self._on_created(run)
        self._uploader.uid = uid
        self.settled.set()

    def _send(self) -> float:
        sent = self._uploader.send_next()
        now = time.monotonic()
        if sent:
            self._last_sent = now
            self._uploader.note()
            self._obey(self._uploader.answer)
        elif now - self._last_sent > HEARTBEAT_S:
            self._spool.append(_HEARTBEAT)
        if sent and self._uploader.acknowledged < self._spool.count:
            return 0.0
        return SEND_INTERVAL_S

    def _obey(self, answer: dict[str, Any]) -> None:
        commands = answer.get("commands")
        if commands and isinstance(commands, list):
            self._on_commands([str(command) for command in commands])
        pause = answer.get("retry_after")
        if isinstance(pause, (int, float)) and pause > 0 and not self._draining:
            self._wake.wait(min(float(pause), MAX_BACKOFF_S))

    def _back_off(self, retry: Retry) -> float:
        self._attempt += 1
        if self.away_since is None:
            self.away_since = time.monotonic()
        if self._attempt == 2:  # one missed request is no news
            warn_once(
                f"away:{self.away_since}",
                f"{retry}. The script goes on; records are kept{self._where} and sent later.",
            )
        if self._draining:
            return _IMPATIENT_BACKOFF_S
        # Jitter: a thousand runs that lost the same server must not come back in one second.
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - no secret hangs on it  # nosec B311
        delay = min(MAX_BACKOFF_S, 0.5 * 2.0**self._attempt) * jitter
        return float(max(delay, min(retry.after_s or 0.0, 600.0)))

    def _give_up(self, refusal: Refused) -> None:
        self.refusal = refusal
        reason = {
            401: f"{self._client.base_url} does not accept the API key: run `wanllm login`",
            403: f"the key may not write there ({refusal.message})",
            410: "the run was deleted on the server",
        }.get(refusal.status, refusal.message.rstrip("."))
        if refusal.code == "quota_exceeded":
            # There may be room later, and then `wanllm sync` sends what is kept.
            reason = refusal.message.rstrip(".")
        warn_once("stopped", f"{reason}. The script goes on; records are kept{self._where}.")
