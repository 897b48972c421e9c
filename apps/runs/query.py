"""The query language of runs: text in, a tree of conditions (tree.py) out.

    query     = all {"or" all}          all = negation {"and" negation}
    negation  = "not" negation | "(" query ")" | condition
    condition = field op value | field ["not"] "in" "(" value {"," value} ")" | field "is" ["not"] "null"

docs/query-language.md describes it for people.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.runs.fields import WORD, Field, Kind, read_field, split_word
from apps.runs.literals import read_number
from apps.runs.patterns import PatternError
from apps.runs.tree import (
    LISTED,
    MATCHED,
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_LIST,
    UNARY,
    Tree,
    check_operator,
    check_tree,
    check_value,
    clean_text,
    refused,
    too_deep,
    too_many,
    wrong_length,
)

MAX_LENGTH = 10_000

_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<op>==|!=|!~|<=|>=|=|<|>|~)
    | (?P<mark>[()\[\],])
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<word>{WORD})
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
# Values that are no text where they stand without quotes.
_LITERAL_KINDS = frozenset({Kind.FACT, Kind.INTEGER, Kind.DURATION})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: `kind` is op, string, word, end or the mark itself; `column` counts from 1."""

    kind: str
    text: str
    column: int

    @property
    def keyword(self) -> str:
        return self.text.lower() if self.kind == "word" else ""


def parse(text: str) -> Tree:
    """Read a query, or a tree as JSON; raise Invalid `query_invalid` that says where and what was expected."""
    if len(text) > MAX_LENGTH:
        raise refused(_("it has more than %(limit)d characters") % {"limit": MAX_LENGTH})
    if text.lstrip().startswith("{"):
        return _parse_json(text)
    return _Parser(tokenize(text)).read()


def understand(text: str) -> Tree | None:
    """Read what somebody typed into a search box: a query, or plain words; None for nothing at all.

    Words (those in quotes stay together) each have to be in the run's name, its ID or one of its tags.
    What holds an operator is a query, so that a slip in one is told rather than searched for.
    """
    if not text.strip():
        return None
    if len(text) > MAX_LENGTH or text.lstrip().startswith("{"):
        return parse(text)
    tokens = tokenize(text)
    if _is_query(tokens):
        return _Parser(tokens).read()
    words = [token.text for token in tokens if token.kind in {"word", "string"} and token.text]
    if len(words) > MAX_CONDITIONS:
        raise refused(too_many())
    nodes: list[Tree] = [
        {"field": "text", "op": "has", "value": clean_text(word)} for word in words
    ]
    return {"and": nodes} if len(nodes) > 1 else nodes[0] if nodes else None


def _is_query(tokens: list[Token]) -> bool:
    """Tell a query from words: it has an operator's sign, or a field before an operator's word."""
    for token, following in pairwise(tokens):
        if token.kind == "op":
            return True
        if token.kind == "word" and following.keyword in {"has", "in", "is", "not"}:
            try:
                read_field(token.text)
            except ValueError:
                continue
            return True
    return False


def tokenize(text: str) -> list[Token]:
    """Cut a text into tokens, the last of kind "end"."""
    if "\0" in text:
        raise refused(_("a NUL character cannot be searched for"), text.index("\0") + 1)
    tokens: list[Token] = []
    position = 0
    while not tokens or tokens[-1].kind != "end":
        found = _TOKEN.match(text, position)
        if found is None:
            rest = text[position:].lstrip()
            raise refused(_unreadable(rest[0]), len(text) - len(rest) + 1)
        tokens.append(_token(found))
        position = found.end()
    return tokens


def _unreadable(char: str) -> str:
    if char in {'"', "'", "`"}:
        return _("the %(quote)s that opens here is never closed") % {"quote": char}
    return _("%(char)s means nothing here") % {"char": char}


def _token(found: re.Match[str]) -> Token:
    kind = found.lastgroup or "end"
    text, column = found[kind], found.start(kind) + 1
    if kind == "mark":
        return Token(text, text, column)
    if kind == "string":
        # Only the quote and the backslash are escaped, so that patterns keep theirs.
        text = re.sub(rf"\\([\\{text[0]}])", r"\1", text[1:-1])
    return Token(kind, text, column)


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.conditions = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.token
        self.position += token.kind != "end"
        return token

    def accept(self, keyword: str) -> bool:
        """Step over a keyword if it comes next."""
        is_next = self.token.keyword == keyword
        if is_next:
            self.take()
        return is_next

    def unexpected(self, expected: str) -> Invalid:
        found = _("the end") if self.token.kind == "end" else self.token.text[:40]
        message = _("expected %(expected)s, found %(found)s")
        return refused(message % {"expected": expected, "found": found}, self.token.column)

    def deepen(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise refused(too_deep(), self.token.column)

    def read(self) -> Tree:
        tree = self.read_any()
        if self.token.kind != "end":
            raise self.unexpected(_("and, or, or the end"))
        return tree

    def read_any(self) -> Tree:
        self.deepen()
        nodes = [self.read_all()]
        while self.accept("or"):
            nodes.append(self.read_all())
        self.depth -= 1
        return nodes[0] if len(nodes) == 1 else {"or": nodes}

    def read_all(self) -> Tree:
        nodes = [self.read_negation()]
        while self.accept("and"):
            nodes.append(self.read_negation())
        return nodes[0] if len(nodes) == 1 else {"and": nodes}

    def read_negation(self) -> Tree:
        if self.accept("not"):
            self.deepen()
            node: Tree = {"not": self.read_negation()}
            self.depth -= 1
            return node
        if self.token.kind != "(":
            return self.read_condition()
        self.take()
        node = self.read_any()
        if self.token.kind != ")":
            raise self.unexpected(_("and, or, or )"))
        self.take()
        return node

    def read_condition(self) -> Tree:
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise refused(too_many(), self.token.column)
        if self.token.kind != "word" or self.token.keyword in {"and", "or", "in", "is", "has"}:
            raise self.unexpected(_("a field, not, or ("))
        word, column = self.take(), self.token.column
        try:
            field = read_field(word.text)
        except ValueError as error:
            raise refused(str(error), word.column) from None
        op = self.read_operator()
        try:
            check_operator(field, op)
        except ValueError as error:
            raise refused(str(error), column) from None
        node: Tree = {"field": str(field), "op": op}
        if op not in UNARY:
            node["value"] = (
                self.read_list(field, op) if op in LISTED else self.read_value(field, op)
            )
        return node

    def read_operator(self) -> str:
        if self.token.kind == "op":
            op = self.take().text
            return "=" if op == "==" else op
        is_not = self.accept("not")
        if self.accept("in"):
            return "not in" if is_not else "in"
        if is_not:
            raise self.unexpected("in")
        if self.accept("has"):
            return "has"
        if not self.accept("is"):
            raise self.unexpected(_("an operator: = != < <= > >= ~ !~ in, not in, has, is null"))
        is_not = self.accept("not")
        if not self.accept("null"):
            raise self.unexpected("null")
        return "is not null" if is_not else "is null"

    def read_list(self, field: Field, op: str) -> list[Any]:
        closing = {"(": ")", "[": "]"}.get(self.token.kind)
        if closing is None:
            raise self.unexpected(_("a list such as (1, 2)"))
        self.take()
        values = [self.read_value(field, op)]
        while self.token.kind == ",":
            if len(values) == MAX_LIST:
                raise refused(wrong_length(), self.token.column)
            self.take()
            values.append(self.read_value(field, op))
        if self.token.kind != closing:
            raise self.unexpected(_("a comma or %(mark)s") % {"mark": closing})
        self.take()
        return values

    def read_value(self, field: Field, op: str) -> Any:
        token = self.token
        if token.kind not in {"word", "string"} or token.keyword in {"and", "or"}:
            raise self.unexpected(_("a value; one with spaces or signs goes in quotes"))
        if token.keyword == "null":
            raise refused(_("nothing equals null; write is null or is not null"), token.column)
        self.take()
        value: Any = token.text
        if token.kind == "word":
            value = "".join(text for text, _is_quoted in split_word(token.text))
            if field.kind in _LITERAL_KINDS and op not in MATCHED and op != "has":
                value = _literal(value)
        try:
            return check_value(field, op, value)
        except PatternError as error:
            column = token.column + (token.kind == "string") + error.position
            raise refused(str(error), column) from None
        except ValueError as error:
            raise refused(str(error), token.column) from None


def _literal(text: str) -> Any:
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    number = read_number(text)
    return text if number is None else number


def _parse_json(text: str) -> Tree:
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise refused(
            _("it is no JSON at line %(line)d, column %(column)d")
            % {"line": error.lineno, "column": error.colno}
        ) from None
    except RecursionError:
        raise refused(too_deep()) from None
    except ValueError:
        raise refused(_("it is no JSON")) from None  # A whole number with thousands of digits.
    return check_tree(tree)
