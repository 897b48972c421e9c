"""What the script prints, kept as lines; the terminal sees every byte first and unchanged.

`write` of the live stream objects is wrapped in place, so `sys.stdout` stays the same object
for everybody who holds it. Carriage returns are resolved as a terminal does: of a progress bar's
hundred updates one line remains.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections import deque
from typing import Any, Callable

MAX_LINE = 16_384  # characters; longer lines are cut into several
MAX_PIECES = 200_000  # writes waiting for the spool thread; a flood beyond it is not kept
# Cursor movement and modes; colours (final byte m) are kept for the page to show.
_MOVES = re.compile(r"\x1b\[[0-9;?]*[A-JL-Za-ln-z]|\x1b[()][A-Z0-9]|\x1b[=>78]")
_ERASES = re.compile(r"\x1b\[[0-2]?K")

Line = tuple[int, float, str, str]


class Console:
    """Captures stdout and stderr of this process between `start` and `stop`."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[float, int, str]] = deque(maxlen=MAX_PIECES)
        self._lines = (_LineBuilder("stdout"), _LineBuilder("stderr"))
        self._number = 0
        self._undo: list[Callable[[], None]] = []

    def start(self) -> None:
        for index, stream in enumerate((sys.stdout, sys.stderr)):
            undo = _tap(stream, self._listener(index))
            if undo is not None:
                self._undo.append(undo)

    def stop(self) -> None:
        """Put the streams back as they were."""
        while self._undo:
            self._undo.pop()()

    def take(self, is_last: bool) -> list[Line]:
        """Return the lines completed since the last call, numbered; at the last also the rest."""
        done: list[tuple[float, str, str]] = []
        while self._pieces:
            at, index, text = self._pieces.popleft()
            done.extend(self._lines[index].feed(at, text))
        if is_last:
            for builder in self._lines:
                done.extend(builder.rest())
        lines = [(n, at, name, text) for n, (at, name, text) in enumerate(done, self._number)]
        self._number += len(lines)
        return lines

    def _listener(self, index: int) -> Callable[[str], None]:
        pieces, pid = self._pieces, os.getpid()

        def listen(text: str) -> None:
            # A forked child prints to the same terminal, but its lines are not ours.
            if os.getpid() == pid:
                pieces.append((time.time(), index, text))

        return listen


def _tap(stream: Any, listen: Callable[[str], None]) -> Callable[[], None] | None:
    """Call `listen` with every text written to `stream`; return what undoes it."""
    original = getattr(stream, "write", None)
    if original is None:
        return None

    def write(text: str) -> Any:
        written = original(text)
        try:
            listen(text)
        except Exception:  # noqa: BLE001 - printing must work whatever happens to the capture
            return written
        return written

    try:
        stream.write = write
    except AttributeError:  # a stream that refuses it is simply not captured
        return None

    def undo() -> None:
        # Somebody may have wrapped it again since: then theirs stays, and ours is a harmless layer.
        if getattr(stream, "write", None) is write:
            try:
                del stream.write
            except AttributeError:
                stream.write = original

    return undo


class _LineBuilder:
    """Assembles the lines of one stream from the pieces that were written."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._line = ""
        self._column = 0
        self._at = 0.0

    def feed(self, at: float, text: str) -> list[tuple[float, str, str]]:
        """Take what was written at a time; return the lines that it completes."""
        done: list[tuple[float, str, str]] = []
        pieces = str(text).split("\n")
        for piece in pieces[:-1]:
            self._put(at, piece)
            done.extend(self._end_line())
        self._put(at, pieces[-1])
        if len(self._line) > MAX_LINE:
            done.extend(self._end_line())
        return done

    def rest(self) -> list[tuple[float, str, str]]:
        """Return the line that was begun and not ended, if any."""
        return self._end_line() if self._line else []

    def _end_line(self) -> list[tuple[float, str, str]]:
        line = _MOVES.sub("", _ERASES.sub("", self._line))
        self._line, self._column = "", 0
        parts = [line[i : i + MAX_LINE] for i in range(0, len(line), MAX_LINE)] or [""]
        return [(self._at, self._name, part) for part in parts]

    def _put(self, at: float, piece: str) -> None:
        """Write onto the line at the cursor; a carriage return takes the cursor to its start."""
        if not self._line:
            self._at = at
        for position, text in enumerate(piece.split("\r")):
            if position:
                self._column = 0
            if not text:
                continue
            old = self._line
            # Columns can't be told where colours are in the way; then the new text stands alone.
            is_fresh = self._column == 0 and ("\x1b" in old or "\x1b" in text)
            tail = "" if is_fresh else old[self._column + len(text) :]
            self._line = old[: self._column] + text + tail
            self._column += len(text)
            self._at = at
