"""What people fill in about a project. Rules that hold for every door are the services'."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.orgs.forms import PlainForm
from apps.orgs.models import Org
from apps.projects.models import Project

VISIBILITY_WORDS = [
    (Project.Visibility.PRIVATE, _("Private"), _("Only the members of the organisation")),
    (Project.Visibility.PUBLIC, _("Public"), _("Everybody who can sign in here may look")),
]


class ProjectForm(PlainForm):
    """A project's facts."""

    slug = forms.CharField(
        label=_("Name"),
        max_length=128,
        strip=False,
        help_text=_("It stands in the address and in scripts: letters, digits, - and _ are best."),
    )
    name = forms.CharField(
        label=_("Display name"),
        max_length=200,
        required=False,
        help_text=_("Shown in place of the name, if you give one."),
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
        label=_("Tags"),
        required=False,
        max_length=10_000,
        help_text=_("Words with commas between them"),
    )

    def clean_tags(self) -> list[str]:
        """Return the words between the commas."""
        words: str = self.cleaned_data["tags"].replace("，", ",")
        return words.split(",")


class NewProjectForm(ProjectForm):
    """A new project, in one of the organisations where the person may make one."""

    org = forms.ModelChoiceField(
        label=_("Organisation"), queryset=Org.objects.none(), to_field_name="slug", empty_label=None
    )

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["org"].queryset = orgs  # type: ignore[attr-defined]  # a ModelChoiceField
        del self.fields["name"]  # One name is enough to begin with.


class DeleteForm(PlainForm):
    """The name of a project, typed, so that nobody deletes the wrong one."""

    confirm = forms.CharField(label=_("Name of the project"), max_length=128, strip=False)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project

    def clean_confirm(self) -> str:
        """Compare what was typed with the name."""
        typed: str = self.cleaned_data["confirm"]
        if typed != self.project.slug:
            raise forms.ValidationError(
                _("This is not the project's name: type %(name)s.") % {"name": self.project.slug}
            )
        return typed
