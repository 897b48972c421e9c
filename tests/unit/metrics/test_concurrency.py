"""Readers, writers and sealers at the same time, each with a connection of its own."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from apps.metrics import sealing, shelf, store
from apps.metrics.models import Batch, Stream, Tile
from apps.metrics.store import Query
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)
REQUESTS = 60


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel)


def append(run: Run, stream: UUID, offset: int) -> int:
    values = [3 * offset, 3 * offset + 1, 3 * offset + 2]
    record = {"kind": "rows", "steps": values, "columns": {"loss": values}}
    return store.append(run=run, stream=stream, offset=offset, records=[record]).offset


def read(run: Run) -> list[float]:
    found = store.read(Query([store.refer(run)], ["loss"], points=10_000)).series
    return found[0].y.tolist() if found else []


def in_thread(work: Callable[..., Any]) -> Callable[..., Any]:
    """Run with a connection that is closed after, as PostgreSQL's test database wants."""

    def closing(*args: Any) -> Any:
        try:
            return work(*args)
        finally:
            connection.close()

    return closing


@contextmanager
def repeated(work: Callable[[], Any]) -> Iterator[None]:
    """Do something over and over in the background."""
    stop = threading.Event()

    def repeat() -> None:
        while not stop.is_set():
            work()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(in_thread(repeat))
        try:
            yield
        finally:
            stop.set()
        done.result()


def test_readers_see_every_row_once_while_it_is_written_and_sealed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "FULL_ROWS", 32)
    stream, seen = uuid4(), 0
    with repeated(lambda: sealing.seal_run(run.pk)), repeated(lambda: sealing.count_run(run.pk)):
        for offset in range(REQUESTS):
            assert append(run, stream, offset) == offset + 1
            values = read(run)
            assert values == list(range(3 * offset + 3))
            heads = store.summary(run=run)["keys"]["loss"]
            assert (heads["count"], heads["last"]) == (3 * offset + 3, 3 * offset + 2)
            seen += 1
    assert seen == REQUESTS
    assert sealing.seal_run(run.pk)
    assert not Batch.objects.exists()
    assert read(run) == list(range(3 * REQUESTS))


def test_sealers_exclude_each_other(run: Run) -> None:
    stream = uuid4()
    for offset in range(30):
        append(run, stream, offset)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(in_thread(sealing.seal_run), [run.pk] * 8))
    assert sealing.seal_run(run.pk)
    assert sum(Tile.objects.filter(level=0).values_list("rows", flat=True)) == 90
    assert read(run) == list(range(90))
    assert store.summary(run=run)["keys"]["loss"]["count"] == 90


def test_one_writer_in_two_processes_is_stored_once(run: Run) -> None:
    """A client that gave up waiting sends again, and another process may get it."""
    stream = uuid4()

    def write() -> list[int]:
        return [append(run, stream, offset) for offset in range(20)]

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(in_thread(lambda _: write()), range(3)))
    # Who comes late learns that more is there already.
    assert all(answer >= offset + 1 for given in answers for offset, answer in enumerate(given))
    assert read(run) == list(range(60))
    assert Stream.objects.get().next_row == 60


def test_many_writers_make_their_streams_at_once(run: Run) -> None:
    streams = [uuid4() for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(in_thread(lambda stream: append(run, stream, 0)), streams))
    assert Stream.objects.count() == 12
    assert {stream.next_row for stream in Stream.objects.all()} == {3}


def test_rows_are_taken_back_while_others_write(run: Run) -> None:
    stream = uuid4()
    offsets = itertools.count()
    with repeated(lambda: append(run, stream, next(offsets))):
        for _ in range(8):
            store.truncate(run=run, step=0)
            sealing.seal_run(run.pk)
    values = read(run)
    assert values == sorted(set(values))
    assert store.summary(run=run)["keys"].get("loss", {"count": 0})["count"] == len(values)
