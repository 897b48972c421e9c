"""Trees of conditions: what a query is read into, what doors build, what views store as JSON.

A node is `{"and": […]}`, `{"or": […]}`, `{"not": node}` or a condition
`{"field": "config.lr", "op": "<", "value": 0.001}`. `is null` and `is not null` have no value; `in` and
`not in` have a list.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.runs.fields import Field, Kind, closest, read_field
from apps.runs.literals import read_moment, read_span_s
from apps.runs.models import Run
from apps.runs.patterns import read_pattern

Tree = dict[str, Any]

MAX_DEPTH = 32
MAX_CONDITIONS = 200
MAX_LIST = 1_000

LISTED = frozenset({"in", "not in"})
UNARY = frozenset({"is null", "is not null"})
ORDERED = frozenset({"<", "<=", ">", ">="})
MATCHED = frozenset({"~", "!~"})
_EQUAL = frozenset({"=", "!="})
_ALL = _EQUAL | ORDERED | LISTED | UNARY | MATCHED | {"has"}
ALLOWED: dict[Kind, frozenset[str]] = {
    Kind.TEXT: _ALL,
    Kind.FACT: _ALL,
    Kind.STATE: _EQUAL | LISTED | UNARY,
    Kind.INTEGER: _EQUAL | ORDERED | LISTED | UNARY,
    Kind.DATE: _EQUAL | ORDERED | UNARY,
    Kind.DURATION: _EQUAL | ORDERED | UNARY,
    Kind.TAGS: LISTED | UNARY | MATCHED | {"has"},
    Kind.SEARCH: frozenset({"has"}),
}


def check_tree(tree: Any) -> Tree:
    """Return a tree from outside in its one form; raise Invalid `query_invalid` that names the place."""
    checked, conditions = _check_node(tree, "query", 1)
    if conditions > MAX_CONDITIONS:
        raise refused(too_many())
    return checked


def _check_node(node: Any, place: str, depth: int) -> tuple[Tree, int]:
    """Return a checked node and how many conditions it holds."""
    if depth > MAX_DEPTH:
        raise refused(too_deep())
    if isinstance(node, dict):
        if set(node) in ({"and"}, {"or"}):
            return _check_group(node, place, depth)
        if set(node) == {"not"}:
            child, count = _check_node(node["not"], f"{place}.not", depth + 1)
            return {"not": child}, count
        if {"field", "op"} <= set(node) <= {"field", "op", "value"}:
            return _check_condition(node, place), 1
    raise refused(
        _('%(place)s has to be {"and": […]}, {"or": […]}, {"not": …} or {"field", "op", "value"}')
        % {"place": place}
    )


def _check_group(node: Tree, place: str, depth: int) -> tuple[Tree, int]:
    ((word, children),) = node.items()
    if not isinstance(children, list) or not 1 <= len(children) <= MAX_CONDITIONS:
        raise refused(
            _("%(place)s.%(word)s has to be a list of 1 to %(limit)d nodes")
            % {"place": place, "word": word, "limit": MAX_CONDITIONS}
        )
    checked = [
        _check_node(child, f"{place}.{word}[{index}]", depth + 1)
        for index, child in enumerate(children)
    ]
    return {word: [child for child, _count in checked]}, sum(count for _child, count in checked)


def _check_condition(node: Tree, place: str) -> Tree:
    try:
        field, op = read_field(node["field"]), node["op"]
        check_operator(field, op)
        checked: Tree = {"field": str(field), "op": op}
        if op in UNARY:
            return checked
        value = node.get("value")
        if op not in LISTED:
            return {**checked, "value": check_value(field, op, value)}
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_LIST:
            raise ValueError(wrong_length())
        return {**checked, "value": [check_value(field, op, item) for item in value]}
    except ValueError as error:
        raise refused(f"{place}: {error}") from None


def check_operator(field: Field, op: Any) -> None:
    """Raise ValueError when `op` is none that this field takes."""
    allowed = ALLOWED[field.kind]
    if not isinstance(op, str) or op not in allowed:
        raise ValueError(
            _("%(field)s cannot be used with %(op)s; it takes %(known)s")
            % {"op": str(op)[:40], "field": field, "known": ", ".join(sorted(allowed))}
        )


def check_value(field: Field, op: str, value: Any) -> Any:
    """Return `value` as a tree holds it; ValueError says what this field and operator accept."""
    if op in MATCHED:
        if not isinstance(value, str):
            raise ValueError(_("expected a pattern"))
        read_pattern(clean_text(value))
        return value
    if field.kind == Kind.FACT and op != "has":
        return _check_fact(value)
    if field.kind == Kind.INTEGER:
        return _check_number(field, value)
    if field.kind == Kind.DURATION:
        return _check_duration(field, value)
    if not isinstance(value, str):
        raise ValueError(_("%(field)s is compared with a text") % {"field": field})
    if field.kind == Kind.STATE:
        _check_state(value)
    if field.kind == Kind.DATE:
        _check_date(value)
    return clean_text(value)


def _check_fact(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if not isinstance(value, bool | int | float):
        raise ValueError(_("expected a number, a text, true or false"))
    # NaN is stored as a word, since SQLite has no NaN.
    return "NaN" if value != value else value


def _check_number(field: Field, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(_("%(field)s is compared with a number") % {"field": field})
    return value


def _check_duration(field: Field, value: Any) -> float:
    seconds = read_span_s(value) if isinstance(value, str) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds != seconds:
        raise ValueError(
            _("%(field)s is compared with seconds, or a span such as 90s, 15m, 2h or 1d")
            % {"field": field}
        )
    return seconds


def _check_date(value: str) -> None:
    if read_moment(value, datetime.now(UTC)) is None:
        raise ValueError(
            _("expected a date such as 2026-11-21, 2026-11-21T10:00 or 7d (ago), found %(found)s")
            % {"found": value[:40]}
        )


def _check_state(value: str) -> None:
    states = [str(state) for state in Run.State.values]
    if value not in states:
        close = closest(value, states, 1)
        raise ValueError(
            _("there is no state %(value)s; did you mean %(close)s?")
            % {"value": value[:40], "close": (close or [", ".join(states)])[0]}
        )


def clean_text(text: str) -> str:
    """Return a text that both databases take as a parameter; ValueError when there is none."""
    if "\0" in text:
        raise ValueError(_("a NUL character cannot be searched for"))
    # Half a surrogate pair is no character; facts hold the same mark in its place.
    return text.encode("utf-8", "replace").decode()


def too_deep() -> str:
    return _("a query is nested at most %(limit)d levels deep") % {"limit": MAX_DEPTH}


def too_many() -> str:
    return _("a query has at most %(limit)d conditions") % {"limit": MAX_CONDITIONS}


def wrong_length() -> str:
    return _("expected a list of 1 to %(limit)d values") % {"limit": MAX_LIST}


def refused(message: str, column: int | None = None) -> Invalid:
    """Return the error of a query that cannot be read; `column` counts characters from 1."""
    place = "" if column is None else _(" at column %(column)d") % {"column": column}
    sentence = _("The query cannot be read%(place)s: %(message)s.")
    return Invalid(
        ended_once(sentence % {"place": place, "message": message}),
        code="query_invalid",
        fields={"q": [message]},
    )


def ended_once(sentence: str) -> str:
    """Drop the full stop behind a question mark."""
    return sentence[:-1] if sentence.endswith(("?.", "？。")) else sentence
