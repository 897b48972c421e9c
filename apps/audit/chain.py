"""The chain over the entries: each seal continues the one before, so that nothing can be changed unseen.

Entries are sealed some seconds after they are written, by one task at a time: in the request it would make all
writes of the installation wait for each other. The digests are keyed (HMAC), so that somebody who can write to the
database, but does not have the server's secret, cannot make a chain that fits what they changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.audit.models import Chain, Entry, Seal
from apps.audit.services import record
from apps.core import clock

BATCH = 5_000
# Who commits late has a smaller number than entries that are sealed already: so far back we look for them.
LOOK_BACK = 2_000
CUT_BATCH = 20_000
# Clocks of servers may differ, and a transaction may take its time; what is older than this came in later.
LATE = timedelta(hours=3)
FIELDS = (
    "pk",
    "action",
    "actor_id",
    "actor_name",
    "key_id",
    "door",
    "client",
    "remote_addr",
    "object_type",
    "object_pk",
    "object_repr",
    "org_id",
    "project_id",
    "changes",
    "additional_data",
)


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold: `kind` is changed, missing, inserted or reordered."""

    seq: int
    kind: str
    entry_id: int | None


@dataclass(frozen=True)
class Head:
    """The end of the chain. Kept elsewhere, it proves later that nothing up to it was changed or cut off."""

    seq: int
    digest: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"


def content_of(entry: Entry) -> str:
    """Return the digest of what an entry says, as canonical JSON."""
    said = {name: getattr(entry, name) for name in FIELDS}
    said["timestamp"] = entry.timestamp.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(previous: str, content: str) -> str:
    """Return what continues the chain after `previous`."""
    key = hashlib.sha256(b"wanllmdb audit chain " + settings.AUDIT_KEY.encode()).digest()
    return hmac.new(key, f"{previous}:{content}".encode(), hashlib.sha256).hexdigest()


def _locked_chain() -> Chain:
    Chain.objects.get_or_create(pk=1)
    return Chain.objects.select_for_update().get(pk=1)


def head() -> Head:
    """Return the end of the chain."""
    chain = Chain.objects.filter(pk=1).first() or Chain()
    return Head(chain.head_seq, chain.head_digest)


@transaction.atomic
def seal(*, everything: bool = False) -> int:
    """Seal the next entries that are not sealed; return how many. `everything` looks for stragglers of any age."""
    chain = _locked_chain()
    waiting = Entry.objects.filter(seal=None).order_by("pk")
    if not everything:
        newest = Seal.objects.filter(seq=chain.head_seq).values_list("entry_id", flat=True).first()
        waiting = waiting.filter(pk__gt=(newest or 0) - LOOK_BACK)
    seals = []
    for entry in waiting[:BATCH]:
        content, previous = content_of(entry), chain.head_digest
        chain.head_seq += 1
        chain.head_digest = digest_of(previous, content)
        seals.append(
            Seal(
                seq=chain.head_seq,
                entry=entry,
                content=content,
                previous=previous,
                digest=chain.head_digest,
            )
        )
    Seal.objects.bulk_create(seals)
    chain.save(update_fields=["head_seq", "head_digest"])
    return len(seals)


def breaks(expected: Head | None = None) -> Iterator[Break]:
    """Yield every place where the chain does not hold, reading it once from its beginning.

    `expected` is a head that was kept elsewhere.
    """
    chain = Chain.objects.filter(pk=1).first() or Chain()
    if chain.cut_seq and not _is_cut_recorded(chain):
        yield Break(chain.cut_seq, "missing", None)
    last = Head(chain.cut_seq, chain.cut_digest)
    latest = datetime.min.replace(tzinfo=UTC)
    for row, entry in _sealed(chain.cut_seq):
        for seq in range(last.seq + 1, row.seq):
            yield Break(seq, "missing", None)
        kind = _judge(row, entry, last, latest)
        if expected is not None and expected.seq == row.seq and expected.digest != row.digest:
            kind = kind or "changed"
        if kind:
            yield Break(row.seq, kind, row.entry_id)
        last = Head(row.seq, row.digest)
        latest = max(latest, entry.timestamp) if entry is not None else latest
    yield from _judge_end(chain, last, expected)


def _sealed(after: int) -> Iterator[tuple[Seal, Entry | None]]:
    """Yield the seals in their order, each with its entry if that is still there."""
    while rows := list(Seal.objects.filter(seq__gt=after).order_by("seq")[:BATCH]):
        entries = Entry.objects.in_bulk([row.entry_id for row in rows])
        yield from ((row, entries.get(row.entry_id)) for row in rows)
        after = rows[-1].seq


def _judge(row: Seal, entry: Entry | None, last: Head, latest: datetime) -> str:
    """Name what is wrong with a seal or its entry; empty for nothing."""
    if entry is None:
        return "missing"
    if content_of(entry) != row.content:
        return "changed"
    if not hmac.compare_digest(digest_of(row.previous, row.content), row.digest):
        return "inserted"  # By somebody who could not make a seal.
    if row.previous != last.digest:
        return "reordered"
    # Written by hand with an old time, and then sealed like any other.
    return "inserted" if entry.timestamp + LATE < latest else ""


def _judge_end(chain: Chain, last: Head, expected: Head | None) -> Iterator[Break]:
    if last.seq < chain.head_seq:
        yield Break(chain.head_seq, "missing", None)
    elif last != Head(chain.head_seq, chain.head_digest):
        yield Break(last.seq, "inserted", None)
    if expected is not None and expected.seq > last.seq:
        yield Break(expected.seq, "missing", None)


def _is_cut_recorded(chain: Chain) -> bool:
    """Tell whether the log itself says that it was cut here; that entry is in the part that is left."""
    cuts = Entry.objects.filter(action="audit.prune").order_by("-pk")
    told = {"seq": chain.cut_seq, "digest": chain.cut_digest}
    return any(cut.additional_data == told for cut in cuts[:10])


def prune() -> int:
    """Cut off the entries that are older than the policy keeps; return how many. 0 days keeps them for ever."""
    if settings.AUDIT_DAYS == 0:
        return 0
    limit = clock.now() - timedelta(days=settings.AUDIT_DAYS)
    kept = Entry.objects.filter(timestamp__gte=limit, seal__isnull=False).order_by("timestamp")
    first = kept.values_list("seal__seq", flat=True).first()
    until = head().seq if first is None else first - 1
    count = 0
    while cut := _cut(until):
        count += cut
    return count


@transaction.atomic
def _cut(until: int) -> int:
    """Cut off one batch of entries up to a seal; return how many. The chain goes on from the last of them."""
    chain = _locked_chain()
    until = min(until, chain.cut_seq + CUT_BATCH)
    last = Seal.objects.filter(seq=until).first() if until > chain.cut_seq else None
    if last is None:
        return 0
    count = last.seq - chain.cut_seq
    chain.cut_seq, chain.cut_digest = last.seq, last.digest
    # The cut first: the triggers let go only of what is before it.
    chain.save(update_fields=["cut_seq", "cut_digest"])
    record("audit.prune", details={"seq": last.seq, "digest": last.digest})
    cut = Seal.objects.filter(seq__lte=last.seq)
    Entry.objects.filter(pk__in=cut.values("entry_id"))._raw_delete("default")
    cut._raw_delete("default")
    return count
