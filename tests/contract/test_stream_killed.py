"""What the stream route has acknowledged is there after kill -9, each row once, whatever the server was doing."""

from __future__ import annotations

import threading
import time
import urllib.error
import uuid
from typing import Any

from tests.contract.rest import call
from tests.live_server import LiveServer

ROWS = 5


class Script(threading.Thread):
    """Sends rows as fast as they are taken, and again what was not acknowledged, as a client does."""

    def __init__(self, server: LiveServer, key: str, uid: str) -> None:
        super().__init__(daemon=True)
        self.server, self.key, self.uid = server, key, uid
        self.stream = str(uuid.uuid4())
        self.acknowledged = 0
        self.is_stopping = False

    def run(self) -> None:
        while not self.is_stopping:
            try:
                answer = call(
                    self.server, self.key, "POST", f"/runs/{self.uid}/stream", self.body()
                )
                self.acknowledged = answer["offset"]
            except (urllib.error.URLError, OSError, ValueError):
                time.sleep(0.05)

    def body(self) -> dict[str, Any]:
        steps = list(range(self.acknowledged * ROWS, (self.acknowledged + 1) * ROWS))
        record = {"kind": "rows", "steps": steps, "columns": {"loss": steps}}
        return {"stream": self.stream, "offset": self.acknowledged, "records": [record]}


def test_nothing_acknowledged_is_lost_or_doubled(live_server_process: LiveServer) -> None:
    server = live_server_process
    key = server.adduser("ann")
    call(server, key, "POST", "/projects", {"org": "ann", "slug": "p"})
    uid = call(server, key, "POST", "/projects/ann/p/runs", {})["uid"]
    script = Script(server, key, uid)
    script.start()
    for pause in (2.3, 0.7, 3.1):
        before = script.acknowledged
        time.sleep(pause)  # Sweeps come every two seconds and seal from 64 requests on.
        server.kill9()
        assert script.acknowledged > before
        server.start()
    script.is_stopping = True
    script.join(30)
    # The last request may have been stored without its answer having come.
    answer = call(server, key, "POST", f"/runs/{uid}/stream", script.body())
    rows = answer["offset"] * ROWS
    call(server, key, "POST", f"/runs/{uid}/finish", {"exit_code": 0})
    assert read_steps(server, key, uid) == list(range(rows))
    (head,) = call(server, key, "GET", f"/runs/{uid}/keys")["keys"]
    assert (head["count"], head["min"], head["max"]) == (rows, 0, rows - 1)
    assert abs(head["mean"] - (rows - 1) / 2) < 1e-6


def read_steps(server: LiveServer, key: str, uid: str) -> list[int]:
    """Page through all rows; each must hold its own step."""
    steps: list[int] = []
    following: int | None = 0
    while following is not None:
        page = call(server, key, "GET", f"/runs/{uid}/rows?from={following}&limit=10000")
        assert all(row["values"] == {"loss": row["step"]} for row in page["rows"])
        steps += [row["step"] for row in page["rows"]]
        following = page["next"]
    return steps
