"""What the server has to be told about one stream, one request at a time.

Shared by the sender thread of a live run and by `wanllm sync`; it neither waits nor retries.
"""

from __future__ import annotations

import uuid
from typing import Any, Protocol
from urllib.parse import quote

from wanllm._errors import Refused
from wanllm._folder import RunFolder
from wanllm._http import Client
from wanllm._msgpack import array_header, pack
from wanllm._notice import warn_once
from wanllm._values import plain

MAX_REQUEST_BYTES = 4 << 20
_COMPRESS_FROM_BYTES = 4096
# What takes the place of a record that the server will never accept, so that the numbers of those
# behind it stay what they are.
_PLACEHOLDER = pack({"kind": "heartbeat"})


class Records(Protocol):
    """Where records are read from: the live spool, or a file left behind."""

    def read(self, offset: int, max_bytes: int) -> list[bytes]: ...


def create_run(client: Client, info: dict[str, Any]) -> dict[str, Any]:
    """Create or join the run that run.json describes; return the server's run.

    Safe to repeat: the idempotency key makes it one run. Creates the project if there is none.
    Raises Retry or Refused.
    """
    org = info.get("org") or client.call("GET", "auth/me")["org"]
    project = info["project"]
    path = f"projects/{quote(org, safe='')}/{quote(project, safe='')}/runs"
    key = {"Idempotency-Key": info["key"]}
    body = plain(info["body"])
    try:
        return client.call("POST", path, body, **key)
    except Refused as refusal:
        if refusal.code != "project_not_found":
            raise
    try:
        client.call("POST", "projects", {"org": org, "slug": project, "name": project})
    except Refused as refusal:
        if refusal.code != "project_exists":  # another writer was faster
            raise
    return client.call("POST", path, body, **key)


def new_run_info(
    *, base_url: str, org: str | None, project: str, body: dict[str, Any]
) -> dict[str, Any]:
    """Return the content of a new run.json."""
    return {
        "base_url": base_url,
        "org": org,
        "project": project,
        "key": str(uuid.uuid4()),
        "body": body,
        "uid": None,
    }


class Uploader:
    """Sends the records of one stream in order and keeps count of what the server confirmed."""

    def __init__(
        self,
        *,
        client: Client,
        folder: RunFolder | None,
        stream: str,
        label: str,
        records: Records,
    ) -> None:
        self.uid = ""
        self.acknowledged = folder.acknowledged(stream) if folder else 0
        self.answer: dict[str, Any] = {}
        self._client = client
        self._folder = folder
        self._stream = stream
        self._label = label
        self._records = records
        self._limit_bytes = MAX_REQUEST_BYTES
        self._limit_records = 1000
        self._noted = self.acknowledged

    def send_next(self) -> int:
        """Send one request with the next records; return how many it held.

        Raises Retry, or Refused where sending on makes no sense (key, run gone, no access).
        """
        first = self.acknowledged
        batch = self._records.read(first, self._limit_bytes)[: self._limit_records]
        if not batch:
            return 0
        try:
            self._post(first, batch)
        except Refused as refusal:
            self._cope(refusal, first, batch)
        else:
            self._limit_bytes = MAX_REQUEST_BYTES
            self._limit_records = min(1000, self._limit_records * 2)
        return len(batch)

    def note(self) -> None:
        """Write down how far the server has confirmed; a later sync starts there."""
        if self._folder is not None and self._noted != self.acknowledged:
            self._folder.note_acknowledged(self._stream, self.acknowledged)
            self._noted = self.acknowledged

    def _post(self, first: int, batch: list[bytes]) -> None:
        head = b"\x84" + pack("stream") + pack(self._stream) + pack("offset") + pack(first)
        head += pack("label") + pack(self._label) + pack("records") + array_header(len(batch))
        body = head + b"".join(batch)
        headers = {"Content-Type": "application/msgpack"}
        compress = _compressor() if len(body) > _COMPRESS_FROM_BYTES else None
        if compress is not None:
            body = compress(body)
            headers["Content-Encoding"] = "zstd"
        self.answer = self._client.send("POST", f"runs/{self.uid}/stream", body, headers)
        expected = self.answer.get("offset")
        # A server that was ahead (a twice-sent batch) says so; we go on where it expects us.
        self.acknowledged = expected if isinstance(expected, int) else first + len(batch)
        self._report_refused(self.answer)

    def _cope(self, refusal: Refused, first: int, batch: list[bytes]) -> None:
        expected = refusal.body.get("offset")
        if refusal.status == 409 and isinstance(expected, int) and expected != first:
            self.acknowledged = expected  # the spool has everything from there
        elif refusal.status in (400, 413, 415, 422):
            self._isolate(refusal, first, len(batch))
        else:
            raise refusal

    def _isolate(self, refusal: Refused, first: int, count: int) -> None:
        """Halve what is sent until one record stands alone, then give that one up and say so."""
        if count > 1:
            self._limit_records = count // 2
            return
        warn_once(
            f"refused:{refusal.code}",
            f"the server refused a record and it was left out: {refusal.message}",
        )
        self._post(first, [_PLACEHOLDER])

    def _report_refused(self, answer: dict[str, Any]) -> None:
        for refused in answer.get("refused") or []:
            if isinstance(refused, dict):
                warn_once(
                    f"refused:{refused.get('code')}",
                    f"the server did not store a record: {refused.get('message')}",
                )


def _compressor() -> Any:
    """Return a function that compresses with zstd, or None where no library for it is installed."""
    try:
        import zstandard
    except ImportError:
        return None
    return zstandard.ZstdCompressor(level=1).compress
