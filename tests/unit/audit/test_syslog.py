"""Sealed entries reach a syslog server once each, in order, also after it was away."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from apps.audit import chain, syslog
from apps.audit.models import Chain
from apps.audit.services import record

pytestmark = pytest.mark.django_db
RFC5424 = re.compile(rb"<110>1 \S+T\S+Z \S+ wanllmdb - (\S+) - (\{.*\})\Z", re.DOTALL)


def add(count: int) -> None:
    for _number in range(count):
        record("look", name="图 “a”", changes={"name": ("a", "b")})
    chain.seal()


def read(message: bytes) -> dict[str, Any]:
    match = RFC5424.match(message)
    assert match is not None, message
    body: dict[str, Any] = json.loads(match[2])
    assert match[1].decode() == body["action"]
    return body


@pytest.fixture
def udp(settings: Settings) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        settings.AUDIT_SYSLOG_URL = f"udp://127.0.0.1:{server.getsockname()[1]}"
        yield server


def test_datagrams(udp: socket.socket) -> None:
    add(3)
    assert syslog.forward() == 3
    bodies = [read(udp.recv(65_536)) for _number in range(3)]
    assert [body["seq"] for body in bodies] == [1, 2, 3]
    assert bodies[0]["object"] == "图 “a”"
    assert bodies[0]["changes"] == {"name": ["a", "b"]}
    assert bodies[2]["digest"] == chain.head().digest
    assert syslog.forward() == 0


def test_an_entry_too_long_for_a_datagram_goes_without_its_values(udp: socket.socket) -> None:
    record("look", changes={f"k{number}": ("", "x" * 2_000) for number in range(10)})
    chain.seal()
    assert syslog.forward() == 1
    assert "changes" not in read(udp.recv(65_536))


def take(server: socket.socket, taken: list[bytes]) -> None:
    connection, _address = server.accept()
    with connection:
        while chunk := connection.recv(65_536):
            taken.append(chunk)


def unframe(stream: bytes) -> list[bytes]:
    messages = []
    while stream:
        length, _space, rest = stream.partition(b" ")
        messages.append(rest[: int(length)])
        stream = rest[int(length) :]
    return messages


def test_a_connection_and_an_outage(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog, "BATCH", 4)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    settings.AUDIT_SYSLOG_URL = f"tcp://127.0.0.1:{port}"
    add(3)
    assert syslog.forward() == 0  # Nobody listens: nothing is lost, and nobody is told but the log.
    assert Chain.objects.get().forwarded_seq == 0
    taken: list[bytes] = []
    with socket.create_server(("127.0.0.1", port)) as server:
        listener = threading.Thread(target=take, args=(server, taken))
        listener.start()
        assert syslog.forward() == 3
        listener.join()
    assert [read(message)["seq"] for message in unframe(b"".join(taken))] == [1, 2, 3]
    assert Chain.objects.get().forwarded_seq == 3


def test_nothing_is_sent_where_there_is_no_server(settings: Settings) -> None:
    settings.AUDIT_SYSLOG_URL = None
    add(1)
    assert syslog.forward() == 0


def test_what_was_cut_off_is_not_waited_for(udp: socket.socket) -> None:
    add(3)
    Chain.objects.update(cut_seq=2)
    assert syslog.forward() == 1
    assert read(udp.recv(65_536))["seq"] == 3
