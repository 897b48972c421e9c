"""The fields of a run that people ask for: what each is called, and what kind of value it has.

A field of the run itself has a fixed name (`state`, `created`). A field that the run brought along is a
source and a path: `config.optimizer.lr`, `summary.val/acc`, or a statistic of a metric, `summary.val/acc.max`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _


class Kind(StrEnum):
    """What a field's values are, which says how they are compared."""

    TEXT = "text"
    STATE = "state"
    INTEGER = "integer"
    DATE = "date"
    DURATION = "duration"
    TAGS = "tags"
    SEARCH = "search"  # No value of its own: the name, the ID and the tags, searched together.
    FACT = "fact"  # A number or a text, as each run has it.


OWN_FIELDS = {
    "state": Kind.STATE,
    "name": Kind.TEXT,
    "id": Kind.TEXT,
    "uid": Kind.TEXT,
    "number": Kind.INTEGER,
    "user": Kind.TEXT,
    "group": Kind.TEXT,
    "job_type": Kind.TEXT,
    "notes": Kind.TEXT,
    "tags": Kind.TAGS,
    "created": Kind.DATE,
    "started": Kind.DATE,
    "ended": Kind.DATE,
    "heartbeat": Kind.DATE,
    "duration": Kind.DURATION,
    "step": Kind.INTEGER,
    "exit_code": Kind.INTEGER,
    "text": Kind.SEARCH,
}
# The names in a run's JSON, where they differ.
ALIASES = {
    "created_at": "created",
    "started_at": "started",
    "ended_at": "ended",
    "heartbeat_at": "heartbeat",
    "duration_s": "duration",
    "last_step": "step",
}
SOURCES = ("config", "summary", "system", "git")
STATISTICS = ("min", "max", "mean", "first", "last", "best")

MAX_FIELD_LENGTH = 2_000
# A word of the query language: no space, bracket, comma, quote or operator, except between backticks.
WORD = r"""(?:[^\s()\[\],"'`=<>~!]|!(?![=~])|`(?:[^`]|``)*`)+"""
_WORD = re.compile(rf"{WORD}\Z", re.DOTALL)
_WORD_PART = re.compile(r"`((?:[^`]|``)*)`|([^`]+)", re.DOTALL)
_PLAIN_NAME = r"""(?:[^\s()\[\],"'`=<>~!.]|!(?![=~]))+"""
_PLAIN_PATH = re.compile(rf"{_PLAIN_NAME}(?:\.{_PLAIN_NAME})*\Z")


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `path` is None for those of the run itself.

    `statistic` is set where the last name of a path in the summary may be one: `summary.loss.min` is the
    smallest value of the metric `loss`, unless the summary has a key `loss.min` of its own.
    """

    name: str
    kind: Kind
    path: str | None = None
    statistic: str | None = None

    def __str__(self) -> str:
        if self.path is None:
            return self.name
        return format_field(*self.places[-1])

    @property
    def places(self) -> list[tuple[str, str]]:
        """The (source, path) pairs that may hold a fact's value, the preferred one first."""
        if self.path is None:
            return []
        pairs = [(self.name, self.path)]
        if self.statistic:
            pairs.append((self.statistic, self.path.removesuffix(f".{self.statistic}")))
        return pairs


def format_field(source: str, path: str) -> str:
    """Write a fact's field as the query language reads it, in backticks where it has to be."""
    source, suffix = ("summary", f".{source}") if source in STATISTICS else (source, "")
    is_like_statistic = source == "summary" and path.rpartition(".")[2] in STATISTICS
    if _PLAIN_PATH.match(path) and (suffix or not is_like_statistic):
        return f"{source}.{path}{suffix}"
    return f"{source}.`{path.replace('`', '``')}`{suffix}"


def split_word(word: str) -> tuple[tuple[str, bool], ...]:
    """Cut a word into (text, was in backticks) parts."""
    return tuple(
        (plain, False) if plain else (quoted.replace("``", "`"), True)
        for quoted, plain in _WORD_PART.findall(word)
    )


def read_field(word: Any) -> Field:
    """Return the field that `word` names; ValueError says what is wrong with it."""
    if not isinstance(word, str) or not _WORD.match(word) or "\0" in word:
        raise ValueError(_("%(word)s is no field") % {"word": str(word)[:80]})
    if len(word) > MAX_FIELD_LENGTH:
        raise ValueError(_("a field has at most %(n)d characters") % {"n": MAX_FIELD_LENGTH})
    name = ALIASES.get(word, word)
    if name in OWN_FIELDS:
        return Field(name, OWN_FIELDS[name])
    parts = split_word(word)
    source, dot, path = "".join(text for text, _is_quoted in parts).partition(".")
    is_plain = not parts[0][1] and parts[0][0].startswith(f"{source}.")
    if not dot or not is_plain or source not in SOURCES:
        raise ValueError(_unknown(word))
    if word == f"{source}.":
        raise ValueError(_("%(word)s names no key") % {"word": word})
    return Field(source, Kind.FACT, path, _statistic(source, path, parts[-1]))


def _statistic(source: str, path: str, last: tuple[str, bool]) -> str | None:
    text, is_quoted = last
    metric, _dot, word = path.rpartition(".")
    if source != "summary" or is_quoted or not metric or word not in STATISTICS:
        return None
    # The dot must stand outside the backticks too: summary.`loss.`min is a key of the summary.
    return word if text.endswith(f".{word}") else None


def _unknown(word: str) -> str:
    known = [*OWN_FIELDS, *(f"{source}.KEY" for source in SOURCES)]
    close = closest(word.partition(".")[0], [*OWN_FIELDS, *ALIASES, *SOURCES])
    if close:
        words = ", ".join(f"{name}.KEY" if name in SOURCES else name for name in close)
        return _("there is no field %(word)s; did you mean %(close)s?") % {
            "word": word[:80],
            "close": words,
        }
    return _("there is no field %(word)s; known are %(known)s") % {
        "word": word[:80],
        "known": ", ".join(known),
    }


def closest(word: str, known: Sequence[str], n: int = 3) -> list[str]:
    """Return up to `n` of `known` that resemble `word`, the nearest first."""
    return difflib.get_close_matches(word, known, n=n, cutoff=0.6)
