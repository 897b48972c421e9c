"""On a real server: the stream, and a task that another request sent, say who was behind them."""

from __future__ import annotations

import json
from uuid import uuid4

from tests.contract.rest import call
from tests.live_server import LiveServer

READ = """
import json
from apps.audit.models import Entry
fields = ("door", "actor_name", "remote_addr", "object_repr")
rows = Entry.objects.filter(action__in=["run.create", "run.finish", "project.create"])
print(json.dumps(list(rows.order_by("pk").values("action", "key_id", *fields))))
"""


def test_the_stream_of_a_real_server(live_server_process: LiveServer) -> None:
    server = live_server_process
    key = server.adduser("ann", "--org", "acme")
    call(server, key, "POST", "/projects", {"org": "acme", "slug": "mnist"})
    run = call(server, key, "POST", "/projects/acme/mnist/runs", {"id": "r1"})
    body = {"stream": str(uuid4()), "offset": 0, "records": [{"kind": "finish", "exit_code": 0}]}
    call(server, key, "POST", f"/runs/{run['uid']}/stream", body)
    entries = json.loads(server.manage("shell", "-v0", "-c", READ))
    assert [(entry["action"], entry["door"]) for entry in entries] == [
        ("project.create", "rest"),
        ("run.create", "rest"),
        ("run.finish", "stream"),
    ]
    assert {(entry["actor_name"], entry["remote_addr"]) for entry in entries} == {
        ("ann", "127.0.0.1")
    }
    assert all(entry["key_id"] for entry in entries)
