"""Databases that benchmarks make for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

DATABASE = "wanllmdb_benchmark"


@contextmanager
def own_database(url: str | None) -> Iterator[str]:
    """Make a PostgreSQL database on the server at `url` and drop it after; yield its URL, or "" for SQLite's."""
    if url is None:
        yield ""
        return
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        server.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield urlsplit(url)._replace(path=f"/{DATABASE}").geturl()
        finally:
            server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
