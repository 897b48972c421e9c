"""What people fill in about a run. Rules that hold for every door are the services'."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.orgs.forms import PlainForm
from apps.orgs.models import ApiKey
from apps.orgs.permissions import Perm
from apps.runs.why import ASKABLE


class RunForm(PlainForm):
    """What a person may say of a run."""

    name = forms.CharField(label=_("Name"), max_length=200)
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=10_000,
        help_text=_("Words with commas between them"),
    )
    notes = forms.CharField(
        label=_("Notes"), required=False, max_length=100_000, widget=forms.Textarea
    )

    def clean_tags(self) -> list[str]:
        """Return the words between the commas."""
        words: str = self.cleaned_data["tags"].replace("，", ",")
        return words.split(",")


class WhyForm(PlainForm):
    """Whom and what the explainer is asked about. It is sent with the address, so that an answer is a link."""

    user = forms.CharField(label=_("Who (username or e-mail)"), max_length=254)
    permission = forms.ChoiceField(
        label=_("May do"),
        choices=[(perm.value, perm.value) for perm in ASKABLE],
        initial=Perm.PROJECT_VIEW,
    )
    run = forms.CharField(label=_("On the run (its ID, or empty)"), max_length=64, required=False)
    key = forms.ChoiceField(label=_("With your API key"), required=False)

    def __init__(self, *args: Any, keys: Iterable[ApiKey], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["key"]
        field.choices = [("", "–"), *((str(key.pk), key.name) for key in keys)]  # type: ignore[attr-defined]  # a ChoiceField
