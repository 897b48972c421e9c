"""What people fill in about their API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.orgs.forms.plain import PlainForm
from apps.orgs.models import ApiKey


class KeyForm(PlainForm):
    """A new API key."""

    LIFETIMES = [
        ("", _("Never")),
        ("7", _("In a week")),
        ("30", _("In 30 days")),
        ("90", _("In 90 days")),
        ("365", _("In a year")),
    ]

    name = forms.CharField(label=_("Name"), max_length=100)
    scope = forms.ChoiceField(
        label=_("May"), choices=ApiKey.Scope.choices, initial=ApiKey.Scope.FULL
    )
    only = forms.CharField(label=_("Only in (acme or acme/mnist)"), required=False, max_length=200)
    days = forms.ChoiceField(label=_("Expires"), choices=LIFETIMES, required=False)

    def to_service(self) -> dict[str, Any]:
        """Return the arguments of services.create_api_key."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "scope": self.cleaned_data["scope"],
            "only": self.cleaned_data["only"],
            "expires_at": clock.now() + timedelta(days=int(days)) if days else None,
        }


class RotateForm(PlainForm):
    """How long the old key still opens beside the new one."""

    OVERLAPS = [
        ("0", _("At once")),
        ("1", _("In an hour")),
        ("24", _("In 24 hours")),
        ("168", _("In 7 days")),
    ]

    hours = forms.ChoiceField(label=_("The old key ends"), choices=OVERLAPS, initial="24")

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["hours"]))
