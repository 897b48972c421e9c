"""What an administrator decides before somebody is erased."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.orgs.forms import PlainForm
from apps.orgs.models import Org, User

HAND_ON, DELETE = "transfer", "delete"


class EraseForm(PlainForm):
    """What becomes of somebody's own projects and of the names in their runs; their name, typed."""

    projects = forms.ChoiceField(
        label=_("Their own projects"),
        choices=[
            (HAND_ON, _("Hand them to an organisation")),
            (DELETE, _("Put them in the trash")),
        ],
    )
    heir = forms.CharField(label=_("Organisation"), required=False, max_length=63)
    scrub = forms.ChoiceField(
        label=_("Names of machine, user and folders in their runs"),
        choices=[("yes", _("Take them out")), ("no", _("Leave them"))],
    )
    confirm = forms.CharField(label=_("Their username"), max_length=63)

    def __init__(self, *args: Any, user: User, has_projects: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not has_projects:
            del self.fields["projects"], self.fields["heir"]

    def clean_confirm(self) -> str:
        """Compare what was typed with the name."""
        typed: str = self.cleaned_data["confirm"]
        if typed != self.user.username:
            raise forms.ValidationError(
                _("This is not their username: type %(name)s.") % {"name": self.user.username}
            )
        return typed

    def clean_heir(self) -> Org | None:
        """Find the org that gets the projects."""
        if self.cleaned_data.get("projects") != HAND_ON:
            return None
        org = Org.objects.filter(slug=self.cleaned_data["heir"]).first()
        if org is None or org.slug == self.user.username:
            raise forms.ValidationError(_("There is no such organisation."))
        return org

    def choices(self) -> dict[str, Any]:
        """Return the decisions as the service takes them."""
        return {
            "heir": self.cleaned_data.get("heir"),
            "is_scrubbed": self.cleaned_data["scrub"] == "yes",
        }
