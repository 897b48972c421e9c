"""Patterns mean on the database what Python's own `re` makes of them, and cannot hang it."""

import contextlib
import re
import string

import pytest
from django.db import connection
from django.db.models import Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.errors import Invalid
from apps.runs.models import Run
from apps.runs.patterns import MAX_LENGTH, PatternError, read_pattern
from apps.runs.sql import Matches, time_limit
from tests.conftest import Cast
from tests.factories import make_run

TEXTS = [
    "",
    "exp-17",
    "Exp 7\n",
    "a.b",
    "aab",
    "ä",
    "a\nb",
    "]-^[",
    "x{2}",
    "résumé 3",
    "实验7",
    "\t_",
]


def found(pattern: str, text: str) -> bool:
    """Ask the database whether a pattern is in a text."""
    run = Run.objects.annotate(said=Value(text))
    return run.filter(Matches("said", read_pattern(pattern))).exists()


def expected(pattern: str, text: str) -> bool:
    """Ask `re`, whose $ is before a final newline too; ours is the end alone."""
    own_end = re.sub(r"(?<!\\)((?:\\\\)*)\$", r"\1\\Z", pattern)
    return re.search(own_end, text, re.ASCII | re.DOTALL) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "^exp-.*7$",
        "(?i)^EXP",
        "(a|b)+",
        "(?:|x)a",
        "a{2}",
        "a{1,}b",
        "a{0,2}?b",
        "[]a]",
        "[^]a-]",
        r"[\d_-]",
        r"[\]\-^]",
        "[a-c-]",
        "[[]",
        "[.]",
        "a.b",
        r"a\.b",
        r"\bb",
        r"\Bb",
        r"\w+\s\d",
        r"\W",
        r"\D\S",
        r"\t",
        "x{2",
        "{",
        "}",
        "x\\{2\\}",
        "ä|实",
        "[ä实]",
        "^$",
        "a|",
        "()",
    ],
)
@pytest.mark.filterwarnings("ignore:Possible nested set")  # "[[]", which is meant so.
def test_a_pattern_means_the_same_everywhere(cast: Cast, pattern: str) -> None:
    make_run(cast.mnist, cast.ann)
    for text in TEXTS:
        assert found(pattern, text) == expected(pattern, text), text


def test_every_sign_of_ascii_stands_for_itself_when_escaped(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann)
    for sign in string.punctuation + " ":
        assert found(f"^\\{sign}$" if sign != "_" else "^_$", sign)
        assert found(f"^[\\{sign}x]$" if sign != "_" else "^[_x]$", sign)
        assert not found(f"^[^\\{sign}]$" if sign != "_" else "^[^_]$", sign)


atoms = st.sampled_from(["a", "b", "7", "-", r"\.", ".", r"\d", r"\w", "[ab7]", "[^a]", "实"])
repeats = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "*?"])
sequences = st.lists(st.tuples(atoms, repeats).map("".join), max_size=4).map("".join)
patterns = st.recursive(
    sequences,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("|".join),
        st.tuples(inner, st.sampled_from(["", "?", "+"])).map(lambda made: f"({made[0]}){made[1]}"),
        st.tuples(inner, inner).map("".join),
    ),
    max_leaves=5,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pattern=st.tuples(st.sampled_from(["", "^"]), patterns, st.sampled_from(["", "$"])).map(
        "".join
    ),
    text=st.text("ab7-. \n实Ä", max_size=8),
)
def test_any_pattern_means_the_same_everywhere(cast: Cast, pattern: str, text: str) -> None:
    if not Run.objects.exists():
        make_run(cast.mnist, cast.ann)
    assert found(pattern, text) == expected(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "position"),
    [
        ("(a", 0),
        ("a)", 1),
        ("[a", 0),
        ("*a", 0),
        ("a**", 2),
        ("a{2}{3}", 4),
        ("a{3,2}", 1),
        ("a{999}", 1),
        ("^*", 1),
        (r"\b+", 2),
        (r"(a)\1", 3),
        ("(?=a)", 0),
        ("(?P<n>a)", 0),
        ("x(?i)", 1),
        ("a\\", 1),
        (r"\pL", 0),
        ("[z-a]", 0),
        (r"[a-\d]", 0),
        ("[[:alpha:]]", 1),
        ("(" * 30 + ")" * 30, 20),
        ("((a{200}){200}){200}", 1),
        ("a" * (MAX_LENGTH + 1), MAX_LENGTH),
    ],
)
def test_what_is_left_out_is_refused_with_its_place(pattern: str, position: int) -> None:
    with pytest.raises(PatternError) as raised:
        read_pattern(pattern)
    assert raised.value.position == position


@settings(max_examples=200)
@given(st.text("ab(|)[]^-{}1,2*+?\\.$d", max_size=12))
def test_whatever_is_read_compiles(text: str) -> None:
    try:
        pattern = read_pattern(text)
    except PatternError:
        return
    re.compile(pattern.python)


@pytest.mark.parametrize(
    ("pattern", "length"),
    [
        ("abc", 500),
        ("^exp-.*7$", 500),
        ("(heron|otter)-.*(1|7)+$", 64),
        ("a*b*", 64),
        ("(ab)+c?", 500),
        ("(a|b)*", 500),
        (".*.*.*", 0),
        ("a{0,99}a{0,99}a{0,99}", 0),
        ("(a|a)*", 0),
        ("(?i)(a|A)*", 0),
        ("(a|ab)*", 0),
        ("(a*)*", 0),
        ("(a?b){3}", 0),
        ("a?b?c?d?", 0),
        ("((a|b)|c)*", 0),
    ],
)
def test_patterns_that_need_no_clock_are_told_by_their_shape(pattern: str, length: int) -> None:
    assert read_pattern(pattern).plain_length == length


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(a|a|aa)*b", "(x+x+)+y", "a?" * 30 + "a" * 30])
def test_a_pattern_that_explodes_cannot_hang_the_server(cast: Cast, pattern: str) -> None:
    for number in range(3):
        make_run(cast.mnist, cast.ann, name="a" * 100 + f"!{number}")
    assert read_pattern(pattern).plain_length == 0
    with contextlib.suppress(Invalid), time_limit(0.5):
        list(Run.objects.filter(Matches("name", read_pattern(pattern))))


def test_a_statement_that_takes_too_long_is_stopped_and_the_next_one_is_not(cast: Cast) -> None:
    slow = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e9)"
        " SELECT COUNT(*) FROM n",
        "postgresql": "SELECT pg_sleep(30)",
    }[connection.vendor]
    with pytest.raises(Invalid, match="stopped") as raised, time_limit(0.2):
        connection.cursor().execute(slow)
    assert raised.value.code == "query_too_slow"
    assert Run.objects.count() == 0
