"""Console lines in the order they are shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.metrics import sealing, store
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_run


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel)


def write(run: Run, stream: UUID, lines: list[list[Any]]) -> None:
    answer = store.append(run=run, stream=stream, records=[{"kind": "console", "lines": lines}])
    assert answer.refused == []


def numbered(first: int, count: int, at: float = 1.8e9) -> list[list[Any]]:
    return [[n, at + n, "stdout", f"line {n}"] for n in range(first, first + count)]


def texts(console: store.Console) -> list[str]:
    return [text for _, _, _, text in console.lines]


@pytest.mark.parametrize("sealed_after", [None, 1, 2, 3])
def test_pages_of_lines(run: Run, sealed_after: int | None) -> None:
    stream = uuid4()
    for part in range(3):
        write(run, stream, numbered(10 * part, 10))
        if sealed_after == part + 1:
            sealing.seal_run(run.pk)
    console = store.console(run=run, first=8, limit=4)
    assert [line[0] for line in console.lines] == [8, 9, 10, 11]
    assert console.lines[0] == (8, 1.8e9 + 8, "stdout", "line 8")
    assert (console.total, console.matches) == (30, None)
    assert texts(store.console(run=run, tail=2)) == ["line 28", "line 29"]
    assert texts(store.console(run=run, first=29)) == ["line 29"]
    assert texts(store.console(run=run, first=300)) == []
    assert texts(store.console(run=run, tail=100))[0] == "line 0"


def test_a_line_written_again_replaces_in_its_place(run: Run) -> None:
    stream = uuid4()
    write(run, stream, numbered(0, 3))
    sealing.seal_run(run.pk)
    write(run, stream, [[1, 1.8e9 + 9, "stderr", "50 %"]])
    write(run, stream, [[1, 1.8e9 + 9, "stderr", "100 %"]])
    console = store.console(run=run)
    assert texts(console) == ["line 0", "100 %", "line 2"]
    assert console.lines[1][2] == "stderr"


def test_lines_that_come_late_take_their_place(run: Run) -> None:
    stream = uuid4()
    write(run, stream, numbered(5, 5))
    write(run, stream, numbered(0, 5))
    assert texts(store.console(run=run)) == [f"line {n}" for n in range(10)]


def test_writers_stand_side_by_side_in_time(run: Run) -> None:
    one, other = uuid4(), uuid4()
    write(run, one, [[0, 100, "stdout", "a0"], [1, 300, "stdout", "a1"]])
    write(run, other, [[0, 200, "stdout", "b0"], [1, 400, "stdout", "b1"]])
    console = store.console(run=run)
    assert texts(console) == ["a0", "b0", "a1", "b1"]
    assert [line[0] for line in console.lines] == [0, 1, 2, 3]


def test_a_clock_that_is_set_back_does_not_mix_lines_up(run: Run) -> None:
    one, other = uuid4(), uuid4()
    write(run, one, [[0, 100, "stdout", "a0"], [1, 50, "stdout", "a1"], [2, 300, "stdout", "a2"]])
    write(run, other, [[0, 200, "stdout", "b0"]])
    assert texts(store.console(run=run)) == ["a0", "a1", "b0", "a2"]


def test_search_finds_lines_in_any_case(run: Run) -> None:
    stream = uuid4()
    write(
        run,
        stream,
        [[n, 1, "stdout", f"Epoch {n}" if n % 3 else "CUDA Fehler: größe"] for n in range(9)],
    )
    sealing.seal_run(run.pk)
    write(run, stream, [[9, 1, "stderr", "cuda error"]])
    found = store.console(run=run, search="cuda")
    assert found.positions == [0, 3, 6, 9]
    assert (found.matches, found.total) == (4, 10)
    assert [line[0] for line in found.lines] == [0, 3, 6, 9]
    assert [line[0] for line in store.console(run=run, search="GRÖSSE", limit=2).lines] == [0, 3]
    assert [line[0] for line in store.console(run=run, search="cuda", first=4).lines] == [6, 9]
    assert store.console(run=run, search="nothing").matches == 0


def test_any_text_is_a_line(run: Run) -> None:
    odd = ["", "\x1b[31mred\x1b[0m", "tab\tand\0nul", "日本 🎉", "x" * 100_000, "half \ud800 pair"]
    write(run, uuid4(), [[n, 1, "stdout", text] for n, text in enumerate(odd)])
    sealing.seal_run(run.pk)
    assert texts(store.console(run=run)) == [*odd[:-1], "half ? pair"]


def test_a_run_without_lines(run: Run) -> None:
    assert store.console(run=run) == store.Console([], 0)
    assert store.console(run=run, search="x").matches == 0


def test_an_empty_record_of_lines_is_nothing(run: Run) -> None:
    write(run, uuid4(), [])
    assert store.console(run=run).total == 0
