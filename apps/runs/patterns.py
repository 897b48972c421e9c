"""Regular expressions that mean the same on both databases, and that cannot hang either.

PostgreSQL's dialect and Python's (which SQLite is lent) differ, so patterns are read here, kept to what both
can do, and written again for each. Left out: references back, looking around, named groups and flags
other than a leading `(?i)`. `.` is any character, `^` and `$` are the ends of the whole text, and
`\\d \\w \\s \\b` know ASCII alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import regex
from django.utils.translation import gettext as _

MAX_LENGTH = 500
MAX_REPEATS = 255  # PostgreSQL's own limit for {n}.
MAX_STATES = 2_000
MAX_DEPTH = 20

_BOUNDS = regex.compile(r"\{(\d{1,6})(?:(,)(\d{1,6})?)?\}", regex.ASCII)
_CLASSES = "dws"
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}


class PatternError(ValueError):
    """A pattern that cannot be used; `position` counts its characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern in both dialects.

    Texts of up to `plain_length` characters need no clock beside them: the pattern's shape bounds the time to
    some milliseconds, and looking at the clock costs several times the search.
    """

    python: str
    postgresql: str
    plain_length: int


@lru_cache(maxsize=256)
def read_pattern(text: str) -> Pattern:
    """Translate a pattern; raise PatternError where it is wrong or uses what is left out."""
    if len(text) > MAX_LENGTH:
        raise PatternError(
            _("a pattern has at most %(limit)d characters") % {"limit": MAX_LENGTH}, MAX_LENGTH
        )
    ignores_case = text.startswith("(?i)")
    reader = _Reader(text, 4 if ignores_case else 0)
    reader.read_alternatives()
    if reader.position < len(text):
        raise PatternError(_("this ) closes no group"), reader.position)
    flags = "(?i)" if ignores_case else ""
    return Pattern(
        flags + "".join(reader.python), flags + "".join(reader.postgresql), reader.plain_length
    )


@lru_cache(maxsize=256)
def compile_pattern(python: str) -> regex.Pattern[str]:
    """Compile what `Pattern.python` holds."""
    return regex.compile(python, regex.ASCII | regex.DOTALL | regex.VERSION0)


class _Reader:
    """Reads a pattern once, from left to right, and writes both dialects as it goes."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.python: list[str] = []
        self.postgresql: list[str] = []
        self.depth = 0
        # What makes backtracking long: long repeats are powers of the text's length, other
        # choices are factors, and a choice within a repeat is an exponent.
        self.unbounded = 0
        self.choices = 0
        self.explodes = False

    @property
    def plain_length(self) -> int:
        if self.explodes or self.choices > 3:
            return 0
        return {0: 500, 1: 500, 2: 64}.get(self.unbounded, 0)

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def write(self, python: str, postgresql: str | None = None) -> None:
        self.python.append(python)
        self.postgresql.append(python if postgresql is None else postgresql)

    def read_alternatives(self) -> int:
        """Read `a|b|c` up to a `)` or the end; return how many states it needs."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PatternError(_("groups are nested too deep"), self.position)
        states = self.read_sequence()
        while self.peek() == "|":
            self.position += 1
            self.write("|")
            states += self.read_sequence()
        self.depth -= 1
        return states

    def read_sequence(self) -> int:
        states = 0
        while self.peek() not in {"", "|", ")"}:
            start, before = self.position, (self.unbounded, self.choices)
            count, is_repeatable = self.read_atom()
            has_choices = before != (self.unbounded, self.choices)
            states += self.read_repeat(count, is_repeatable, has_choices)
            if states > MAX_STATES:
                raise PatternError(_("this pattern is too large"), start)
        return states

    def read_atom(self) -> tuple[int, bool]:
        """Read one atom; return its states, and whether it may be repeated."""
        start, char = self.position, self.peek()
        if char in "*+?" or _BOUNDS.match(self.text, start):
            raise PatternError(_("there is nothing to repeat before this"), start)
        self.position += 1
        if char == "(":
            return self.read_group(start), True
        if char == "[":
            self.read_set(start)
        elif char == "\\":
            return 1, self.read_escape(start)
        elif char == "^":
            self.write("^")
            return 1, False
        elif char == "$":
            self.write(r"\Z", "$")
            return 1, False
        else:
            self.write("." if char == "." else literal(char))
        return 1, True

    def read_group(self, start: int) -> int:
        if self.peek() == "?":
            if not self.text.startswith("?:", self.position):
                raise PatternError(
                    _("of the groups that begin with (? only (?: and a leading (?i) are known"),
                    start,
                )
            self.position += 2
        self.write("(?:")
        begin = len(self.python)
        states = self.read_alternatives()
        self.choices += not _is_clear("".join(self.python[begin:]))
        if self.peek() != ")":
            raise PatternError(_("this group is not closed"), start)
        self.position += 1
        self.write(")")
        return states

    def read_escape(self, start: int) -> bool:
        """Read what follows a backslash; return whether it may be repeated."""
        char = self.peek()
        self.position += 1
        if char and char.lower() in _CLASSES:
            self.write(f"\\{char}")
        elif char in {"b", "B"}:
            self.write(f"\\{char}", "\\y" if char == "b" else "\\Y")
            return False
        else:
            self.write(literal(self.escaped(char, start)))
        return True

    def escaped(self, char: str, start: int) -> str:
        if char in _CONTROLS:
            return _CONTROLS[char]
        if not char or char.isalnum() or char == "_":
            raise PatternError(_("this escape is not known"), start)
        return char

    def read_set(self, start: int) -> None:
        """Read `[…]`, whose bracket is read already."""
        self.write("[")
        if self.peek() == "^":
            self.position += 1
            self.write("^")
        is_empty = True
        while (char := self.peek()) != "]" or is_empty:
            if not char:
                raise PatternError(_("this [ is not closed"), start)
            self.read_set_item(start)
            is_empty = False
        self.position += 1
        self.write("]")

    def read_set_item(self, start: int) -> None:
        first = self.read_set_char()
        if first is None or not self.text.startswith("-", self.position):
            self.write(literal(first) if first is not None else "")
            return
        if self.text[self.position + 1 : self.position + 2] in {"]", ""}:
            self.write(literal(first))  # A minus at the end stands for itself.
            return
        self.position += 1
        last = self.read_set_char()
        if last is None or last < first:
            raise PatternError(_("this range runs backwards or ends in a class"), start)
        self.write(f"{literal(first)}-{literal(last)}")

    def read_set_char(self) -> str | None:
        """Read one character of a set; None for a class such as \\d, which is written at once."""
        start, char = self.position, self.peek()
        self.position += 1
        if char == "[" and self.peek() in {":", ".", "="}:
            raise PatternError(_("named classes such as [:alpha:] are not known"), start)
        if char != "\\":
            return char
        char = self.peek()
        self.position += 1
        if char and char in _CLASSES:
            self.write(f"\\{char}")
            return None
        return self.escaped(char, start)

    def read_repeat(self, states: int, is_repeatable: bool, has_choices: bool) -> int:
        """Read `* + ? {m,n}` if there is one; return the states of the whole."""
        start = self.position
        bounds = self.read_bounds()
        if bounds is None:
            return states
        least, most = bounds
        if not is_repeatable:
            raise PatternError(_("there is nothing to repeat before this"), start)
        if self.peek() == "?":
            self.position += 1  # Lazy or not, the same texts match.
        following = self.position
        if self.read_bounds() is not None:
            raise PatternError(_("this repeats a repeat"), following)
        is_long = most is None or most - least > 8
        self.unbounded += is_long
        self.choices += not is_long and least != most
        self.explodes |= has_choices and most != 1
        short = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get(bounds)
        self.write(short or f"{{{least},{'' if most is None else most}}}")
        return states * max(1, least, most or 1)

    def read_bounds(self) -> tuple[int, int | None] | None:
        char = self.peek()
        if char and char in "*+?":
            self.position += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        found = _BOUNDS.match(self.text, self.position)
        if found is None:
            return None
        least = int(found[1])
        most = int(found[3]) if found[3] else None if found[2] else least
        if max(least, most or 0) > MAX_REPEATS or (most is not None and most < least):
            raise PatternError(
                _("the numbers in {} go from small to large, up to %(limit)d")
                % {"limit": MAX_REPEATS},
                self.position,
            )
        self.position = found.end()
        return least, most


def _is_clear(body: str) -> bool:
    """Tell whether a group's alternatives, if it has any, are single characters, each another one."""
    alternatives = body.split("|")
    are_single = all(len(one) == 1 and one.isalnum() for one in alternatives)
    are_other = len({one.lower() for one in alternatives}) == len(alternatives)
    return len(alternatives) == 1 or (are_single and are_other)


def literal(char: str) -> str:
    """Write one character so that both dialects take it for itself."""
    is_plain = char.isalnum() or not char.isascii() or not char.isprintable() or char in " _"
    return char if is_plain else f"\\{char}"
