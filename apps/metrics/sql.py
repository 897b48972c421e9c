"""The statements of the hot paths, one text for SQLite and PostgreSQL.

Everything here runs on the calling thread's connection. Blobs travel as they are: Django's cursor would send
them to PostgreSQL as hexadecimal text, twice as long.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import connection

Row = tuple[Any, ...]


def fetch(
    query: str,
    parameters: Sequence[Any] = (),
    rows: Sequence[Row] = (),
    numbers: Sequence[tuple[int, ...]] = (),
) -> list[Row]:
    """Run a query with `%s` placeholders and return its rows; bytes come as bytes.

    `rows` fill `{rows}` in the text, which is to stand after VALUES and after all placeholders. `numbers` fill
    `{numbers}` likewise, written into the text: thousands of them are dear as parameters.
    """
    if numbers:
        row = f"({', '.join(['%d'] * len(numbers[0]))})"
        query = query.replace("{numbers}", ", ".join([row % values for values in numbers]))
    with _executed(query, parameters, rows) as cursor:
        return list(cursor.fetchall())


def run(query: str, parameters: Sequence[Any] = (), rows: Sequence[Row] = ()) -> int:
    """Run a statement, as `fetch` does, and return how many rows it changed."""
    with _executed(query, parameters, rows) as cursor:
        return int(cursor.rowcount)


@contextmanager
def _executed(query: str, parameters: Sequence[Any], rows: Sequence[Row]) -> Iterator[Any]:
    if rows:
        row = f"({', '.join(['%s'] * len(rows[0]))})"
        query = query.replace("{rows}", ", ".join([row] * len(rows)))
        parameters = [*parameters, *(value for values in rows for value in values)]
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(query, parameters)
            yield cursor
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as raw:
        raw.execute(query, parameters, binary=True)
        yield raw


def adapt(value: datetime | uuid.UUID) -> Any:
    """Return a time or UUID as this database's driver takes it."""
    if connection.vendor == "postgresql":
        return value
    if isinstance(value, uuid.UUID):
        return value.hex
    return connection.ops.adapt_datetimefield_value(value)


def read_time(value: datetime | str) -> datetime:
    """Return a fetched time, which SQLite's driver gives as text."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value


@contextmanager
def snapshot() -> Iterator[None]:
    """Let all reads within see one state of the database, so that sealing meanwhile shows no row twice.

    Within a transaction there is none to make: on SQLite that is a snapshot, and on PostgreSQL such callers
    see what commits meanwhile.
    """
    if connection.in_atomic_block:
        yield
        return
    # Not transaction.atomic(): on SQLite that takes the write lock.
    is_postgres = connection.vendor == "postgresql"
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if is_postgres else "BEGIN DEFERRED"
    with connection.cursor() as cursor:
        cursor.execute(begin)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


def for_update_of(table: str) -> str:
    """Return the clause that locks the selected rows; SQLite has locked everything already."""
    return f" FOR NO KEY UPDATE OF {table}" if connection.vendor == "postgresql" else ""
