"""SQL that Django has no words for, in both dialects and with one meaning.

Text is ordered by code point, and folded and matched as ASCII: that is what SQLite does, and what the
collation "C" does on PostgreSQL, whatever locale its database has.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from django.db import OperationalError, connection, models, transaction
from django.db.models import Exists, F, Func

from apps.core.errors import Invalid
from apps.runs.patterns import Pattern, compile_pattern

LIMIT_S = 5.0
TEXT_LIMIT_S = 0.05
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_STEPS_BETWEEN_LOOKS = 20_000  # Of SQLite's virtual machine: some hundred microseconds.


class PlainText(Func):
    """A text column as code points, for those that the migrations have not collated so."""

    output_field = models.TextField()
    template = "%(expressions)s"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template='(%(expressions)s) COLLATE "C"')


class Contains(Func):
    """Whether a text contains another, A to Z and a to z being one."""

    output_field = models.BooleanField()

    def __init__(self, text: str, part: str) -> None:
        super().__init__(PlainText(F(text)))
        self.part = part.translate(_LOWER)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        return f"INSTR(LOWER({sql}), %s) > 0", (*params, self.part)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        return f"STRPOS(LOWER({sql}), %s) > 0", (*params, self.part)


class Matches(Func):
    """Whether a text matches a pattern somewhere."""

    output_field = models.BooleanField()

    def __init__(self, text: str, pattern: Pattern) -> None:
        super().__init__(PlainText(F(text)))
        self.pattern = pattern

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        pattern = (self.pattern.python, self.pattern.plain_length)
        return f"MATCHES({sql}, %s, %s)", (*params, *pattern)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        return f"{sql} ~ %s", (*params, self.pattern.postgresql)


class Probe(Exists):
    """EXISTS, asked of each row on its own: PostgreSQL would join, and so read all before it sorts."""

    template = "EXISTS(%(subquery)s OFFSET 0)"


class Unindexed(Func):
    """A column that SQLite must not look rows up by, where it does better to walk them in order."""

    output_field = models.BigIntegerField()
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s")


class DurationS(Func):
    """Seconds from a run's start to its end, or until it was last heard of, to the millisecond."""

    output_field = models.FloatField()

    def __init__(self) -> None:
        super().__init__(F("ended_at"), F("heartbeat_at"), F("started_at"))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        ended, heard, started = (compiler.compile(part)[0] for part in self.source_expressions)
        days = f"JULIANDAY(COALESCE({ended}, {heard})) - JULIANDAY({started})"
        return f"ROUND(MAX(0.0, ({days}) * 86400.0), 3)", ()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        ended, heard, started = (compiler.compile(part)[0] for part in self.source_expressions)
        seconds = f"DATE_PART('epoch', COALESCE({ended}, {heard}) - {started})"
        return f"GREATEST(0, ROUND({seconds} * 1000) / 1000)", ()


def add_functions(connection: Any, **kwargs: Any) -> None:
    """Lend a new SQLite connection what `Matches` calls; connected to `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("MATCHES", 3, _matches, deterministic=True)


def _matches(text: str | None, python: str, plain_length: int) -> bool | None:
    if text is None:
        return None
    search = compile_pattern(python).search
    if len(text) <= plain_length:
        return search(text) is not None
    return search(text, timeout=TEXT_LIMIT_S) is not None


@contextmanager
def time_limit(limit_s: float = LIMIT_S) -> Iterator[None]:
    """Stop the statements inside after a time; raise Invalid `query_too_slow` then."""
    limited = _limited_sqlite if connection.vendor == "sqlite" else _limited_postgresql
    try:
        with limited(limit_s):
            yield
    except OperationalError as error:
        if not _is_timeout(error):
            raise
        raise Invalid(
            f"The query took longer than {limit_s:g} s and was stopped. "
            "Simplify its patterns, or narrow it by a field such as state or created.",
            code="query_too_slow",
        ) from None


def _is_timeout(error: OperationalError) -> bool:
    text = str(error)
    # A function of ours raises for nothing but its time; "statement timeout" is PostgreSQL's.
    return (
        text == "interrupted"
        or "user-defined function raised" in text
        or "statement timeout" in text
    )


@contextmanager
def _limited_sqlite(limit_s: float) -> Iterator[None]:
    connection.ensure_connection()
    raw: Any = connection.connection
    deadline = time.monotonic() + limit_s
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _limited_postgresql(limit_s: float) -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {int(limit_s * 1000)}")
        yield
        # Inside a caller's transaction it would go on to limit theirs.
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
