"""What people fill in about a project. Rules that hold for every door are the services'."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.errors import AppError
from apps.orgs.models import Org
from apps.projects.models import Project

VISIBILITY_WORDS = [
    (Project.Visibility.PRIVATE, _("Private"), _("Only the members of the organisation")),
    (Project.Visibility.PUBLIC, _("Public"), _("Everybody who can sign in here may look")),
]


class ProjectForm(forms.Form):
    org = forms.ModelChoiceField(
        label=_("Organisation"), queryset=Org.objects.none(), to_field_name="slug", empty_label=None
    )
    slug = forms.CharField(
        label=_("Name"),
        max_length=128,
        help_text=_("It stands in the address and in scripts: letters, digits, - and _ are best."),
    )
    description = forms.CharField(
        label=_("Description"), required=False, max_length=100_000, widget=forms.Textarea
    )
    visibility = forms.ChoiceField(
        label=_("Who may see it"),
        choices=Project.Visibility.choices,
        initial=Project.Visibility.PRIVATE,
    )
    tags = forms.CharField(
        label=_("Tags"), required=False, help_text=_("Words with commas between them")
    )

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["org"].queryset = orgs  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean_tags(self) -> list[str]:
        return self.cleaned_data["tags"].replace("，", ",").split(",")

    def add_problems(self, error: AppError) -> None:
        """Show what a service refused, at the fields it names."""
        for field, messages in error.fields.items():
            for message in messages:
                self.add_error(field if field in self.fields else None, message)
        if not error.fields:
            self.add_error("slug", error.message)
