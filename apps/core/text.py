"""What text may be stored and shown."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# They turn the text around them, so that a name can pose as another.
_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
# What a cell of a table begins with when spreadsheets compute it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Emoji and some scripts need them inside words.
_JOINERS = frozenset("\u200c\u200d")

# Letters by their kind, blanks to the eye: fillers of Hangul, and Braille without dots.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_storable(text: str) -> bool:
    """Tell whether both databases can hold `text`: PostgreSQL refuses NUL, and no encoding has surrogates."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def normalise(text: str) -> str:
    """Return `text` in Unicode's composed form (NFC): what looks the same is the same."""
    return unicodedata.normalize("NFC", text)


def validate_line(text: str) -> None:
    """Raise ValidationError for control characters, line ends and marks that change the reading direction."""
    for character in text:
        if (
            unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
            or character in _BIDI_CONTROLS
        ):
            raise ValidationError(
                _("This has a control character or a line end, which a name cannot have."),
                code="control_character",
            )


def validate_name(text: str) -> None:
    """Like `validate_line`, and refuse invisible characters: two names that look the same would differ."""
    validate_line(text)
    for character in text:
        is_mark = unicodedata.category(character) == "Cf" and character not in _JOINERS
        if is_mark or character in _BLANKS:
            raise ValidationError(
                _("This has an invisible character, which a name cannot have."),
                code="invisible_character",
            )


def table_cell(text: str) -> str:
    """Return `text` so that a spreadsheet shows it and computes nothing: behind an apostrophe where it looks like
    a formula. Numbers stay."""
    if not text.startswith(_FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
