import pytest
from django.core.exceptions import ValidationError

from apps.core.text import is_storable, normalise, validate_line, validate_name


@pytest.mark.parametrize("text", ["", "plain", "表 情 😀", "tab\tand\nline"])
def test_ordinary_text_is_storable(text: str) -> None:
    assert is_storable(text)


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "x\udfff"])
def test_nul_and_half_pairs_are_not(text: str) -> None:
    assert not is_storable(text)


def test_what_looks_the_same_is_made_the_same() -> None:
    assert normalise("e\u0301") == "é"


@pytest.mark.parametrize("text", ["José", "李雷", "👩\u200d🔬 lab", "می\u200cخواهم", "a b"])
def test_names_of_any_script_pass(text: str) -> None:
    validate_name(text)


@pytest.mark.parametrize(
    "text", ["a\nb", "a\tb", "a\0b", "a\x9fb", "\u2028", "evil\u202egpj", "\u2066x"]
)
def test_controls_and_turned_text_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        validate_line(text)


@pytest.mark.parametrize("text", ["a\u200bb", "\ufeffa", "a\u00adb", "a\u2060b"])
def test_invisible_characters_are_refused_in_names_only(text: str) -> None:
    validate_line(text)
    with pytest.raises(ValidationError):
        validate_name(text)
