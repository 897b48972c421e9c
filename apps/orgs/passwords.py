"""What makes a password hard to guess: no leaked one, and none that a program would soon come to."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from apps.orgs.models import User

# Of zxcvbn's five: 3 stands for more than 10^8 guesses by one who knows how people choose.
STRENGTH = 3
# What lies beyond this is random enough if the beginning is, and looking at it takes long.
LOOKED_AT = 72


class GuessableValidator:
    """Refuses what is in lists of leaked passwords, or close to it, and what is made of names, dates and keys in rows.

    The lists are those of the package zxcvbn, so this works where there is no network.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a password that is easy to guess, for somebody who knows the person too."""
        about = [user.username, user.name, user.email] if user is not None else []
        found = zxcvbn(password[:LOOKED_AT], user_inputs=[word for word in about if word])
        if found["score"] >= STRENGTH:
            return
        if _is_mostly_leaked(password, found["sequence"]):
            raise ValidationError(
                _("This password, or one very close to it, is in lists of leaked passwords."),
                code="password_leaked",
            )
        raise ValidationError(
            _("This password is easy to guess. Three or four unrelated words are a good one."),
            code="password_guessable",
        )

    def get_help_text(self) -> str:
        """Say what is asked for."""
        return _("It must be hard to guess and in no list of leaked passwords.")


def _is_mostly_leaked(password: str, parts: list[dict[str, Any]]) -> bool:
    leaked = [part["token"] for part in parts if part.get("dictionary_name") == "passwords"]
    return 2 * max(map(len, leaked), default=0) > len(password)
