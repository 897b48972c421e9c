"""Captured output: lines as a terminal would show them, and the terminal untouched."""

from __future__ import annotations

import io
import sys

import pytest

from wanllm._console import MAX_LINE, Console


def lines_of(*pieces: str, is_last: bool = True) -> list[str]:
    """Return the lines that pieces written to stdout become."""
    console = Console()
    listen = console._listener(0)
    for piece in pieces:
        listen(piece)
    return [line[3] for line in console.take(is_last)]


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        (["hello\n"], ["hello"]),
        (["hel", "lo", "\n", "you\nthere"], ["hello", "you", "there"]),
        (["a\n\nb\n"], ["a", "", "b"]),
        (["windows\r\n", "line\r", "\n"], ["windows", "line"]),
        (["\r 1%", "\r 50%", "\r100%\n"], ["100%"]),
        (["10%\r", "20%\r", "30%\n"], ["30%"]),
        (["long text\rshort\n"], ["shorttext"]),
        (["abcdef\rxy", "z\n"], ["xyzdef"]),
        (["\x1b[31mred\x1b[0m\n"], ["\x1b[31mred\x1b[0m"]),
        (["10% [====]\r\x1b[2K20%\n"], ["20%"]),
        (["\x1b[1A\x1b[2Kup\n"], ["up"]),
        (["日本\n"], ["日本"]),
    ],
)
def test_lines(pieces: list[str], lines: list[str]) -> None:
    assert lines_of(*pieces) == lines


def test_a_progress_bar_is_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("wanllm._console.time.monotonic", lambda: clock[0])
    console = Console()
    out, err = console._listener(0), console._listener(1)

    def taken(seconds_later: float, is_last: bool = False) -> list[tuple[int, str]]:
        clock[0] += seconds_later
        return [(line[0], line[3]) for line in console.take(is_last)]

    out("begin\n")
    err("\r 10%")
    assert taken(0) == [(0, "begin"), (1, " 10%")]
    err("\r 20%")
    assert taken(1) == []
    out("between\n")
    assert taken(0) == [(2, "between")]
    err("\r 30%")
    assert taken(5) == [(1, " 30%")]
    assert taken(5) == []
    err("\r100%\n")
    out("no end")
    assert taken(0) == [(1, "100%"), (3, "no end")]
    assert taken(0, is_last=True) == [(3, "no end")]


def test_a_very_long_line_is_cut() -> None:
    assert [len(line) for line in lines_of("x" * (2 * MAX_LINE + 5))] == [MAX_LINE, MAX_LINE, 5]


def test_both_streams_are_captured_with_numbers_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    console = Console()
    console.start()
    print("one")
    print("two", file=sys.stderr)
    sys.stdout.writelines(["three\n", "four\n"])
    console.stop()
    print("after")
    assert [(n, stream, text) for n, _, stream, text in console.take(True)] == [
        (0, "stdout", "one"),
        (1, "stderr", "two"),
        (2, "stdout", "three"),
        (3, "stdout", "four"),
    ]
    assert sys.stdout is out
    assert out.getvalue() == "one\nthree\nfour\nafter\n"
    assert err.getvalue() == "two\n"


def test_whoever_wraps_the_stream_later_is_not_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    console = Console()
    console.start()
    ours, seen = sys.stdout.write, []

    def theirs(text: str) -> int:
        seen.append(text)
        return ours(text)

    monkeypatch.setattr(sys.stdout, "write", theirs)
    console.stop()
    sys.stdout.write("x")
    assert seen == ["x"]
    assert out.getvalue() == "x"


def test_a_missing_stream_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    console = Console()
    console.start()
    console.stop()
    assert console.take(True) == []
