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
PROGRESS_S = 5.0  # how often an unfinished line is returned
MAX_PIECES = 200_000  # writes waiting for the spool thread; a flood beyond it is not kept
# Cursor movement and modes; colours (final byte m) are kept for the page to show.
_MOVES = re.compile(r"\x1b\[[0-9;?]*[A-JL-Za-ln-z]|\x1b[()][A-Z0-9]|\x1b[=>78]")
_ERASES = re.compile(r"\x1b\[[0-2]?K")

Line = tuple[int, float, str, str]


class Console:
    """Captures stdout and stderr of this process between `start` and `stop`."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[float, int, str]] = deque(maxlen=MAX_PIECES)
        self._builders = (_LineBuilder("stdout"), _LineBuilder("stderr"))
        self._next_number = 0
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
        """Return what is new: completed lines, and now and then how far an unfinished one has come.

        A line keeps its number: what is returned again under a number replaces what was before, so
        a progress bar moves. At the last call the rest is returned too.
        """
        done: list[_Draft] = []
        while self._pieces:
            at, index, text = self._pieces.popleft()
            done.extend(self._builders[index].feed(at, text))
        for builder in self._builders:
            done.extend(builder.rest() if is_last else builder.progress())
        return [(self._number_of(draft), draft.at, draft.stream, draft.text) for draft in done]

    def _number_of(self, draft: _Draft) -> int:
        owner = draft.owner
        if owner.number is None:
            owner.number = self._next_number
            self._next_number += 1
        return owner.number

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


class _Owner:
    """One line's number, given when something of it is first returned."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number: int | None = None


class _Draft:
    """A line, whole or so far, before it has its number."""

    __slots__ = ("at", "owner", "stream", "text")

    def __init__(self, owner: _Owner, at: float, stream: str, text: str) -> None:
        self.owner, self.at, self.stream, self.text = owner, at, stream, text


class _LineBuilder:
    """Assembles the lines of one stream from the pieces that were written."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._owner = _Owner()
        self._line = ""
        self._column = 0
        self._at = 0.0
        self._shown = ""
        self._shown_at = 0.0

    def feed(self, at: float, text: str) -> list[_Draft]:
        """Take what was written at a time; return the lines that it completes."""
        done: list[_Draft] = []
        pieces = str(text).split("\n")
        for piece in pieces[:-1]:
            self._put(at, piece)
            done.extend(self._end_line())
        self._put(at, pieces[-1])
        if len(self._line) > MAX_LINE:
            done.extend(self._end_line())
        return done

    def rest(self) -> list[_Draft]:
        """Return the line that was begun and not ended, if any."""
        return self._end_line() if self._line else []

    def progress(self) -> list[_Draft]:
        """Return the unfinished line if it has changed and was not returned in the last seconds."""
        now = time.monotonic()
        if self._line in ("", self._shown) or now - self._shown_at < PROGRESS_S:
            return []
        self._shown, self._shown_at = self._line, now
        return [_Draft(self._owner, self._at, self._name, _as_seen(self._line))]

    def _end_line(self) -> list[_Draft]:
        line, owner = _as_seen(self._line), self._owner
        self._line, self._shown, self._column, self._owner = "", "", 0, _Owner()
        drafts = [_Draft(owner, self._at, self._name, line[:MAX_LINE])]
        for start in range(MAX_LINE, len(line), MAX_LINE):
            part = line[start : start + MAX_LINE]
            drafts.append(_Draft(_Owner(), self._at, self._name, part))
        return drafts

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


def _as_seen(line: str) -> str:
    return _MOVES.sub("", _ERASES.sub("", line))
