"""What people fill in about a run. Rules that hold for every door are the services'."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.orgs.forms import PlainForm


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
