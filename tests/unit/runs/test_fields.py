"""Fields are read as they are written, whatever the key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.runs.fields import SOURCES, STATISTICS, Kind, format_field, read_field

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


@given(st.sampled_from(SOURCES), names)
def test_a_key_written_is_the_key_read(source: str, path: str) -> None:
    field = read_field(format_field(source, path))
    assert field.places == [(source, path)]
    assert read_field(str(field)) == field


@given(st.sampled_from(STATISTICS), names)
def test_a_statistic_written_is_the_statistic_read(statistic: str, metric: str) -> None:
    if not metric:
        return  # A metric without a name has a value, and no way to ask for its statistics.
    field = read_field(format_field(statistic, metric))
    assert field.places[-1] == (statistic, metric)
    assert read_field(str(field)) == field


@pytest.mark.parametrize(
    ("word", "places"),
    [
        ("config.optimizer.lr", [("config", "optimizer.lr")]),
        ("config.`a b`.c", [("config", "a b.c")]),
        ("config.`tick``tock`", [("config", "tick`tock")]),
        ("summary.val/acc", [("summary", "val/acc")]),
        ("summary.loss.min", [("summary", "loss.min"), ("min", "loss")]),
        ("summary.`val loss`.max", [("summary", "val loss.max"), ("max", "val loss")]),
        ("summary.`loss.min`", [("summary", "loss.min")]),
        ("summary.min", [("summary", "min")]),
        ("config.loss.min", [("config", "loss.min")]),
        ("summary.学习率/λ", [("summary", "学习率/λ")]),
        ("config.``", [("config", "")]),
    ],
)
def test_where_a_field_may_be(word: str, places: list[tuple[str, str]]) -> None:
    assert read_field(word).places == places


@pytest.mark.parametrize(
    ("word", "name"), [("created_at", "created"), ("last_step", "step"), ("name", "name")]
)
def test_own_fields_go_by_the_names_in_the_json_too(word: str, name: str) -> None:
    assert read_field(word).name == name


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("stat", "did you mean state"),
        ("conifg.lr", r"config\.KEY"),
        ("lr", "known are state, name"),
        ("config.", "names no key"),
        ("config", "no field"),
        ("`config`.lr", "no field"),
        ("config.`lr", "is no field"),
        ("a b", "is no field"),
        ("x" * 3000, "at most"),
        ("", "is no field"),
    ],
)
def test_what_is_no_field_is_told_with_advice(word: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        read_field(word)


def test_an_own_field_is_no_path() -> None:
    assert read_field("state").kind == Kind.STATE
    with pytest.raises(ValueError, match="no field"):
        read_field("state.x")
