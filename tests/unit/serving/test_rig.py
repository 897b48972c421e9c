"""The ground that all tests stand on."""

import socket

import pytest
from django.db import connection, transaction


@pytest.mark.django_db
def test_commit_callbacks_run_when_the_outermost_transaction_ends() -> None:
    seen = []
    with transaction.atomic():
        with transaction.atomic():
            transaction.on_commit(lambda: seen.append("inner"))
        assert seen == []
    assert seen == ["inner"]
    transaction.on_commit(lambda: seen.append("at once"))
    assert seen == ["inner", "at once"]


@pytest.mark.django_db
def test_commit_callbacks_of_a_rolled_back_transaction_never_run() -> None:
    seen = []

    @transaction.atomic
    def fail() -> None:
        transaction.on_commit(lambda: seen.append("lost"))
        raise ValueError("undo")

    with pytest.raises(ValueError, match="undo"):
        fail()
    with transaction.atomic():
        transaction.on_commit(lambda: seen.append("kept"))
    assert seen == ["kept"]


def test_network_beyond_this_machine_is_refused() -> None:
    with pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


@pytest.mark.django_db
def test_sqlite_runs_as_in_production() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite only")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
