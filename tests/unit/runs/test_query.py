"""What the query language reads, and what it says of what it cannot read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import Invalid
from apps.runs.query import MAX_LENGTH, parse, understand
from apps.runs.tree import MAX_CONDITIONS, MAX_DEPTH, MAX_LIST, Tree, check_tree


def leaf(field: str, op: str, value: Any = None) -> Tree:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("state = finished", leaf("state", "=", "finished")),
        ("state == finished", leaf("state", "=", "finished")),
        ("config.lr<1e-3", leaf("config.lr", "<", 1e-3)),
        ("config.lr >= -1", leaf("config.lr", ">=", -1)),
        ('config.lr = "1"', leaf("config.lr", "=", "1")),
        ("config.amp = true", leaf("config.amp", "=", True)),
        ('config.amp = "true"', leaf("config.amp", "=", "true")),
        ("config.x = nan", leaf("config.x", "=", "nan")),
        ("config.`a b`.c != 'x'", leaf("config.`a b.c`", "!=", "x")),
        (r"name = 'it\'s'", leaf("name", "=", "it's")),
        (r'name ~ "^a\d\\.b$"', leaf("name", "~", r"^a\d\.b$")),
        ("id = 1e5", leaf("id", "=", "1e5")),
        ("name = 42", leaf("name", "=", "42")),
        ("tags has best", leaf("tags", "has", "best")),
        ("tags not in (a, 'b c')", leaf("tags", "not in", ["a", "b c"])),
        ("config.x in [1, a, true]", leaf("config.x", "in", [1, "a", True])),
        ("config.x IS NOT NULL", leaf("config.x", "is not null")),
        ("ended is null", leaf("ended", "is null")),
        ("duration > 1h30m", leaf("duration", ">", 5400.0)),
        ("duration < 90", leaf("duration", "<", 90)),
        ("created > 7d", leaf("created", ">", "7d")),
        ("created_at <= 2026-11-21T10:00+08:00", leaf("created", "<=", "2026-11-21T10:00+08:00")),
        ("summary.val/acc.max > 0.9", leaf("summary.val/acc.max", ">", 0.9)),
        ("config.学习率 = 快", leaf("config.学习率", "=", "快")),
        ("name = wow!", leaf("name", "=", "wow!")),
        (
            "state=failed or state=killed and not tags has x",
            {
                "or": [
                    leaf("state", "=", "failed"),
                    {"and": [leaf("state", "=", "killed"), {"not": leaf("tags", "has", "x")}]},
                ]
            },
        ),
        (
            "(state=failed OR state=killed) AND (number > 3)",
            {
                "and": [
                    {"or": [leaf("state", "=", "failed"), leaf("state", "=", "killed")]},
                    leaf("number", ">", 3),
                ]
            },
        ),
        ("not not state = failed", {"not": {"not": leaf("state", "=", "failed")}}),
    ],
)
def test_queries_are_read(text: str, tree: Tree) -> None:
    assert parse(text) == tree
    assert parse(json.dumps(tree)) == tree


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "expected a field, not, or (, found the end"),
        ("stat = failed", 1, "there is no field stat; did you mean state"),
        ("state", 6, "expected an operator"),
        ("state failed", 7, "expected an operator"),
        ("state = finshed", 9, "did you mean finished?"),
        ("state > failed", 7, "state cannot be used with >"),
        ("config.lr <", 12, "expected a value"),
        ("config.lr < and state = failed", 13, "expected a value"),
        ("config.lr = null", 13, "nothing equals null"),
        ("config.lr is 3", 14, "expected null"),
        ("config.lr not 3", 15, "expected in"),
        ("config.lr in 3", 14, "expected a list"),
        ("config.lr in (1, 2", 19, "expected a comma or )"),
        ("config.lr in ()", 15, "expected a value"),
        ("config. = 3", 1, "config. names no key"),
        ("(state = failed", 16, "expected and, or, or )"),
        ("state = failed)", 15, "expected and, or, or the end"),
        ("state = failed state = killed", 16, "expected and, or, or the end"),
        ("and state = failed", 1, "expected a field"),
        ("state = failed and", 19, "expected a field"),
        ('name = "abc', 8, 'the " that opens here is never closed'),
        ("config.`lr = 3", 8, "the ` that opens here is never closed"),
        ("name = 'it''s'", 12, "expected and, or, or the end"),
        ("number = x", 10, "number is compared with a number"),
        ("step = true", 8, "step is compared with a number"),
        ("duration > soon", 12, "a span such as"),
        ("created > soon", 11, "expected a date"),
        ("created in (1d)", 9, "created cannot be used with in"),
        ("tags = best", 6, "tags cannot be used with ="),
        ("text ~ x", 6, "text cannot be used with ~"),
        ('name ~ "a(b"', 10, "this group is not closed"),
        ("name ~ a(b", 9, "expected and, or, or the end"),
        ("name = \0", 8, "NUL"),
        ("name ~", 7, "expected a value"),
    ],
)
def test_errors_name_the_column_and_what_was_expected(text: str, column: int, message: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse(text)
    error = raised.value
    assert error.code == "query_invalid"
    assert f"at column {column}: " in error.message
    assert message in error.message
    assert message in error.fields["q"][0]


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ("[]", "query has to be"),
        ({}, "query has to be"),
        ({"and": []}, r"query\.and has to be a list"),
        ({"and": {}}, r"query\.and has to be a list"),
        ({"and": [], "or": []}, "query has to be"),
        ({"not": [1]}, r"query\.not has to be"),
        ({"and": [{"field": "config.lr", "op": "<"}]}, r"query\.and\[0\]: expected a number"),
        ({"field": "lr", "op": "=", "value": 1}, "there is no field lr"),
        ({"field": ["config"], "op": "=", "value": 1}, "is no field"),
        ({"field": "config.lr", "op": ["="], "value": 1}, "cannot be used with"),
        ({"field": "config.lr", "op": "=", "value": {"a": 1}}, "expected a number"),
        ({"field": "config.lr", "op": "in", "value": 3}, "expected a list"),
        ({"field": "config.lr", "op": "~", "value": 3}, "expected a pattern"),
        ({"field": "name", "op": "=", "value": 3}, "name is compared with a text"),
        ({"field": "number", "op": "=", "value": "3"}, "number is compared with a number"),
        ({"field": "number", "op": "=", "value": float("nan")}, "compared with a number"),
        ({"field": "name", "op": "=", "value": "x", "more": 1}, "query has to be"),
    ],
)
def test_trees_from_outside_are_checked(tree: Any, message: str) -> None:
    with pytest.raises(Invalid, match=message) as raised:
        check_tree(tree)
    assert raised.value.code == "query_invalid"


def test_a_value_that_is_not_asked_for_is_dropped() -> None:
    assert check_tree({"field": "config.lr", "op": "is null", "value": 3}) == leaf(
        "config.lr", "is null"
    )


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"and": ',
        '{"field": "number", "op": "=", "value": ' + "9" * 5000 + "}",
        '{"not":' * 5000 + "1" + "}" * 5000,
    ],
)
def test_json_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse(text)
    assert raised.value.code == "query_invalid"


def test_limits() -> None:
    one = "number = 1"
    assert parse(" or ".join([one] * MAX_CONDITIONS))
    assert parse("(" * (MAX_DEPTH - 1) + one + ")" * (MAX_DEPTH - 1))
    listed = ",".join(["1"] * MAX_LIST)
    assert parse(f"config.lr in ({listed})")
    for text in (
        " or ".join([one] * (MAX_CONDITIONS + 1)),
        "(" * MAX_DEPTH + one + ")" * MAX_DEPTH,
        "not " * MAX_DEPTH + one,
        f"config.lr in ({listed},1)",
        "x" * (MAX_LENGTH + 1),
        json.dumps({"or": [leaf("number", "=", 1)] * (MAX_CONDITIONS + 1)}),
        json.dumps({"field": "config.lr", "op": "in", "value": [1] * (MAX_LIST + 1)}),
    ):
        with pytest.raises(Invalid) as raised:
            parse(text)
        assert raised.value.code == "query_invalid"


def words(*found: str) -> Tree:
    nodes = [leaf("text", "has", word) for word in found]
    return nodes[0] if len(nodes) == 1 else {"and": nodes}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("  \n", None),
        ('""', None),
        ("resnet", words("resnet")),
        ("resnet 50", words("resnet", "50")),
        ('"a = b" x', words("a = b", "x")),
        ("not pretrained", words("not", "pretrained")),
        ("warm up (2)", words("warm", "up", "2")),
        ("name", words("name")),
        ("lr in doubt", words("lr", "in", "doubt")),
        ("state = failed", leaf("state", "=", "failed")),
        ("tags has best", leaf("tags", "has", "best")),
        ("ended is null", leaf("ended", "is null")),
        ('{"field": "state", "op": "=", "value": "failed"}', leaf("state", "=", "failed")),
    ],
)
def test_a_search_box_takes_words_and_queries(text: str, tree: Tree | None) -> None:
    assert understand(text) == tree


@pytest.mark.parametrize("text", ["stat = failed", "state is good", "lr < 3", "tags has", '"open'])
def test_a_slip_in_a_query_is_not_searched_for_as_words(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        understand(text)
    assert raised.value.code == "query_invalid"


pieces = st.sampled_from(
    'state name config.lr summary.a.min tags created and or not in is null has = != < >= ~ !~ ( ) [ ] , " '
    "' ` 1 -2e3 7d true x \\ ! . { } : \0 \ud800 学".split(" ")
)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=30), st.lists(pieces, max_size=12).map(" ".join)))
def test_any_text_is_read_or_refused_and_what_is_read_is_a_checked_tree(text: str) -> None:
    for read in (parse, understand):
        code = None
        try:
            tree = read(text)
        except Invalid as error:
            code = error.code
        assert code == "query_invalid" or tree is None or check_tree(tree) == tree
