"""The chain shows each way of tampering, says where, and goes on after old entries were cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from apps.audit import chain, triggers
from apps.audit.models import Chain, Entry, Seal
from apps.audit.services import record
from apps.core import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ten_sealed(db: None) -> None:
    for number in range(10):
        record("look", name=f"thing {number}", details={"number": number, "half": number / 2})
    assert chain.seal() == 10


def sql(statement: str, *values: str | int | datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def found(expected: chain.Head | None = None) -> list[tuple[int, str]]:
    return [(place.seq, place.kind) for place in chain.breaks(expected)]


def entry_at(seq: int) -> int:
    return Seal.objects.get(seq=seq).entry_id


def test_an_untouched_chain_holds() -> None:
    assert found() == []
    assert found(chain.head()) == []


def test_sealing_goes_on_where_it_ended() -> None:
    record("look")
    assert (chain.seal(), chain.seal()) == (1, 0)
    assert Seal.objects.get(seq=11).previous == Seal.objects.get(seq=10).digest
    assert found() == []


def test_a_straggler_is_sealed_by_the_full_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    late = record("look")
    record("look")
    sql("UPDATE audit_entry SET id = %s WHERE id = %s", -5, late.pk)
    monkeypatch.setattr(chain, "LOOK_BACK", 0)
    assert chain.seal() == 1
    assert chain.seal(everything=True) == 1
    assert found() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET actor_name = 'somebody' WHERE id = %s",
        "UPDATE audit_entry SET action = 'other' WHERE id = %s",
        "UPDATE audit_entry SET timestamp = '2020-01-01 00:00:00+00:00' WHERE id = %s",
        "UPDATE audit_entry SET additional_data = '{\"number\": 7}' WHERE id = %s",
        "UPDATE audit_entry SET remote_addr = '192.0.2.1' WHERE id = %s",
        "UPDATE audit_entry SET org_id = 77 WHERE id = %s",
    ],
)
def test_a_changed_entry(change: str) -> None:
    sql(change, entry_at(4))
    assert found() == [(4, "changed")]


def test_a_missing_entry_and_a_missing_seal() -> None:
    sql("DELETE FROM audit_entry WHERE id = %s", entry_at(4))
    assert found() == [(4, "missing")]
    sql("DELETE FROM audit_seal WHERE seq = 4")
    assert found() == [(4, "missing"), (5, "reordered")]


def test_a_missing_end() -> None:
    kept = chain.head()
    sql("DELETE FROM audit_entry WHERE id = %s", entry_at(10))
    sql("DELETE FROM audit_seal WHERE seq = 10")
    assert found() == [(10, "missing")]
    # Whoever sets the head back too is found by a head that was kept elsewhere, and by nothing else.
    digest = Seal.objects.get(seq=9).digest
    sql("UPDATE audit_chain SET head_seq = 9, head_digest = %s", digest)
    assert found() == []
    assert found(kept) == [(10, "missing")]
    record("look", name="instead")
    chain.seal()
    assert found(kept) == [(10, "changed")]


def test_an_inserted_entry_with_a_seal_made_up() -> None:
    stranger = record("look", name="never happened")
    previous = chain.head().digest
    Seal.objects.create(
        seq=11,
        entry=stranger,
        content=chain.content_of(stranger),
        previous=previous,
        digest="0" * 64,
    )
    sql("UPDATE audit_chain SET head_seq = 11, head_digest = %s", "0" * 64)
    assert found() == [(11, "inserted")]


def test_an_inserted_entry_of_an_older_time() -> None:
    stranger = record("look", name="never happened then")
    sql("UPDATE audit_entry SET timestamp = '2020-01-01 00:00:00+00:00' WHERE id = %s", stranger.pk)
    chain.seal()
    assert found() == [(11, "inserted")]


def test_a_seal_beyond_the_head() -> None:
    sql("UPDATE audit_chain SET head_seq = 9")
    assert found() == [(10, "inserted")]


def test_reordered_entries() -> None:
    sql("UPDATE audit_seal SET seq = 99 WHERE seq = 4")
    sql("UPDATE audit_seal SET seq = 4 WHERE seq = 5")
    sql("UPDATE audit_seal SET seq = 5 WHERE seq = 99")
    assert found() == [(4, "reordered"), (5, "reordered"), (6, "reordered")]


def test_somebody_without_the_secret_cannot_make_a_chain_that_fits(settings: Settings) -> None:
    before = settings.AUDIT_KEY
    sql("UPDATE audit_entry SET actor_name = 'somebody' WHERE id = %s", entry_at(1))
    sql("DELETE FROM audit_seal")
    sql("UPDATE audit_chain SET head_seq = 0, head_digest = ''")
    settings.AUDIT_KEY = "a guess" * 8
    chain.seal(everything=True)
    assert found() == []
    settings.AUDIT_KEY = before
    assert found() == [(seq, "inserted") for seq in range(1, 11)]


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    kept = str(chain.head())
    call_command("audit_verify", expect=kept)
    assert kept in capsys.readouterr().out
    sql("UPDATE audit_entry SET actor_name = 'somebody' WHERE id = %s", entry_at(4))
    with pytest.raises(CommandError, match="1 breaks"):
        call_command("audit_verify")
    assert f"changed at 4 (entry {entry_at(4)})" in capsys.readouterr().out
    with pytest.raises(CommandError, match="SEQ:DIGEST"):
        call_command("audit_verify", expect="junk")


def age(count: int, days: int) -> None:
    """Make the first `count` entries older, and seal all again as if they had always been."""
    old = clock.now() - timedelta(days=days)
    for entry in Entry.objects.order_by("pk")[:count]:
        sql("UPDATE audit_entry SET timestamp = %s WHERE id = %s", old, entry.pk)
    sql("DELETE FROM audit_seal")
    Chain.objects.update(head_seq=0, head_digest="")
    chain.seal(everything=True)


def test_the_policy_cuts_off_what_is_old_and_the_chain_goes_on(settings: Settings) -> None:
    age(6, days=40)
    assert chain.prune() == 0  # By default everything is kept.
    settings.AUDIT_DAYS = 30
    assert chain.prune() == 6
    assert found() == []
    chain.seal()
    assert found() == []
    assert list(Seal.objects.values_list("seq", flat=True).order_by("seq")) == [7, 8, 9, 10, 11]
    told = Entry.objects.get(action="audit.prune").additional_data
    assert told == {"seq": 6, "digest": Chain.objects.get().cut_digest}
    assert chain.prune() == 0


def test_a_large_cut_is_made_in_parts(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    age(10, days=40)
    settings.AUDIT_DAYS = 30
    monkeypatch.setattr(chain, "CUT_BATCH", 4)
    assert chain.prune() == 10
    chain.seal()
    assert found() == []


def test_a_cut_that_the_log_does_not_tell_of() -> None:
    digest = Seal.objects.get(seq=5).digest
    sql("UPDATE audit_chain SET cut_seq = 5, cut_digest = %s", digest)
    assert found() == [(5, "missing")]


@pytest.fixture
def with_triggers(ten_sealed: None) -> Iterator[None]:
    triggers.install(connection)
    yield
    triggers.remove(connection)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_name = 'somebody'",
        "DELETE FROM audit_entry",
        "UPDATE audit_seal SET digest = ''",
        "DELETE FROM audit_seal",
    ],
)
def test_the_database_refuses_by_itself(with_triggers: None, statement: str) -> None:
    with pytest.raises(DatabaseError, match="can only be added to"), transaction.atomic():
        sql(statement)
    assert Seal.objects.count() == 10


def test_the_database_lets_the_policy_cut(settings: Settings) -> None:
    age(6, days=40)
    settings.AUDIT_DAYS = 30
    triggers.install(connection)
    try:
        assert chain.prune() == 6
    finally:
        triggers.remove(connection)


def test_sealing_does_not_wait_for_a_lock_that_writers_hold(
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for _number in range(50):
        record("look")
    with django_assert_max_num_queries(9):  # type: ignore[attr-defined]  # a context manager
        assert chain.seal() == 50
