"""What people fill in about themselves. Rules that hold for every door are the services'."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.errors import AppError
from apps.orgs.models import ApiKey, User


class PlainForm(forms.Form):
    """A form whose problems may come from a service."""

    def add_problems(self, error: AppError) -> None:
        """Show what a service refused, at the fields it names."""
        for field, messages in error.fields.items():
            for message in messages:
                self.add_error(field if field in self.fields else None, message)
        if not error.fields:
            self.add_error(None, error.message)


class WelcomeForm(PlainForm):
    username = forms.CharField(label=_("Username"), max_length=63)
    email = forms.EmailField(label=_("E-mail"), required=False)
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput,
        strip=False,
        help_text=_("At least 10 characters, not only digits and not a common word."),
    )


class ProfileForm(PlainForm):
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser")), *settings.LANGUAGES],
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices)


class KeyForm(PlainForm):
    LIFETIMES = [
        ("", _("Never")),
        ("30", _("In 30 days")),
        ("90", _("In 90 days")),
        ("365", _("In a year")),
    ]

    name = forms.CharField(label=_("Name"), max_length=100)
    scope = forms.ChoiceField(
        label=_("May"), choices=ApiKey.Scope.choices, initial=ApiKey.Scope.FULL
    )
    days = forms.ChoiceField(label=_("Expires"), choices=LIFETIMES, required=False)

    def to_service(self) -> dict[str, Any]:
        """Return the arguments of services.create_api_key."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "scope": self.cleaned_data["scope"],
            "expires_at": clock.now() + timedelta(days=int(days)) if days else None,
        }
