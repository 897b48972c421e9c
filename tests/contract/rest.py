"""The little REST that tests of whole servers speak, with nothing but the standard library."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

from tests.live_server import LiveServer


def call(server: LiveServer, key: str, method: str, path: str, body: Any = None) -> Any:
    """Make a REST call and return the answer's JSON. Raises HTTPError on a refusal."""
    request = urllib.request.Request(
        f"{server.url}/api/v1{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wait_for_state(server: LiveServer, key: str, uid: str, state: str, *, seconds: float) -> bool:
    """Poll a run until it is in `state`; False if it does not get there in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if call(server, key, "GET", f"/runs/{uid}")["state"] == state:
            return True
        time.sleep(0.25)
    return False
