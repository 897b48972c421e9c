"""Forwarding sealed entries to a syslog server, as RFC 5424 with JSON in the message.

From a saved position, so that an outage of the other side loses nothing and makes nobody wait: what was not sent is
sent the next time. A message may come twice; its seq tells. TCP frames messages by their length (RFC 6587).
"""

from __future__ import annotations

import json
import logging
import socket
from datetime import UTC
from urllib.parse import urlsplit

from django.conf import settings

from apps.audit.models import Chain, Seal

log = logging.getLogger(__name__)

BATCH = 500
MOST_BATCHES = 20
TIMEOUT_S = 5
# Facility 13, log audit; severity 6, informational.
PRIORITY = 13 * 8 + 6
# What a datagram can surely carry; an entry that is longer goes without its values.
DATAGRAM_BYTES = 8_000
DEFAULT_PORTS = {"udp": 514, "tcp": 601}


def forward() -> int:
    """Send what was not sent yet; return how many entries. An unreachable server is logged, and tried again later."""
    if settings.AUDIT_SYSLOG_URL is None:
        return 0
    count = 0
    try:
        for _turn in range(MOST_BATCHES):
            sent = _forward_batch(settings.AUDIT_SYSLOG_URL)
            count += sent
            if sent < BATCH:
                break
    except OSError as error:
        log.warning("audit_not_forwarded error=%s", error)
    return count


def _forward_batch(url: str) -> int:
    chain = Chain.objects.filter(pk=1).first()
    if chain is None:
        return 0
    position = max(chain.forwarded_seq, chain.cut_seq)
    sealed = Seal.objects.filter(seq__gt=position).select_related("entry").order_by("seq")
    seals = list(sealed[:BATCH])
    if seals:
        _send(url, [message_of(row) for row in seals])
        # Of two who send at once, the later one changes nothing: the position never goes back.
        Chain.objects.filter(pk=1, forwarded_seq__lt=seals[-1].seq).update(
            forwarded_seq=seals[-1].seq
        )
    return len(seals)


def _send(url: str, messages: list[bytes]) -> None:
    parts = urlsplit(url)
    address = (parts.hostname or "localhost", parts.port or DEFAULT_PORTS[parts.scheme])
    if parts.scheme == "tcp":
        with socket.create_connection(address, TIMEOUT_S) as connection:
            connection.sendall(b"".join(b"%d %s" % (len(text), text) for text in messages))
        return
    family, kind, _protocol, _name, target = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as connection:
        connection.settimeout(TIMEOUT_S)
        for text in messages:
            connection.sendto(text, target)


def message_of(row: Seal) -> bytes:
    """Return an entry as a message."""
    text = _format(row, with_values=True)
    return text if len(text) <= DATAGRAM_BYTES else _format(row, with_values=False)


def _format(row: Seal, *, with_values: bool) -> bytes:
    entry = row.entry
    at = entry.timestamp.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    body = {
        "seq": row.seq,
        "digest": row.digest,
        "action": entry.action,
        "actor": entry.actor_name,
        "actor_id": entry.actor_id,
        "key_id": entry.key_id,
        "door": entry.door,
        "address": entry.remote_addr,
        "client": entry.client,
        "object_type": entry.object_type,
        "object_id": entry.object_pk,
        "object": entry.object_repr,
        "org_id": entry.org_id,
        "project_id": entry.project_id,
    }
    if with_values:
        body |= {"changes": entry.changes, "details": entry.additional_data}
    name = socket.gethostname()[:255] or "-"
    header = f"<{PRIORITY}>1 {at} {name} wanllmdb - {entry.action[:32]} - "
    return (header + json.dumps(body, separators=(",", ":"))).encode()
