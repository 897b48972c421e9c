"""What people fill in about organisations: their facts, teams, roles, invitations and service accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.orgs import access
from apps.orgs.forms.plain import PlainForm
from apps.orgs.models import ApiKey, Org, Role, Team
from apps.orgs.permissions import BuiltinRole, Perm


class NewOrgForm(PlainForm):
    """A new organisation, on its own or within one that the person may change."""

    slug = forms.CharField(
        label=_("Name in addresses"),
        max_length=63,
        help_text=_("Lower-case letters, digits, - and _. It stays, since scripts use it."),
    )
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    description = forms.CharField(
        label=_("Description"), widget=forms.Textarea, max_length=10_000, required=False
    )
    parent = forms.ChoiceField(label=_("Part of"), required=False)

    def __init__(self, *args: Any, orgs: Iterable[Org], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.orgs = {org.slug: org for org in orgs}
        parent: Any = self.fields["parent"]
        parent.choices = [("", _("None, on its own")), *((slug, slug) for slug in self.orgs)]

    def to_service(self) -> dict[str, Any]:
        """Return the arguments of services.create_org."""
        parent = self.orgs.get(self.cleaned_data["parent"])
        return {**self.cleaned_data, "parent": parent}


class OrgForm(PlainForm):
    """An organisation's facts."""

    name = forms.CharField(label=_("Name"), max_length=150)
    description = forms.CharField(
        label=_("Description"), widget=forms.Textarea, max_length=10_000, required=False
    )


class MoveForm(PlainForm):
    """Where an organisation shall lie."""

    parent = forms.ChoiceField(
        label=_("Part of"),
        required=False,
        help_text=_("Members of the organisations above belong to this one too."),
    )

    def __init__(self, *args: Any, org: Org, orgs: Iterable[Org], **kwargs: Any) -> None:
        kwargs["initial"] = {"parent": org.parent.slug if org.parent else ""}
        super().__init__(*args, **kwargs)
        self.orgs = {each.slug: each for each in orgs}
        parent: Any = self.fields["parent"]
        parent.choices = [("", _("None, on its own")), *((slug, slug) for slug in self.orgs)]

    def chosen(self) -> Org | None:
        """Return the org to lie in, None for none."""
        return self.orgs.get(self.cleaned_data["parent"])


class TransferForm(PlainForm):
    """The next owner, and the organisation's name to confirm."""

    owner = forms.CharField(label=_("New owner's username"), max_length=63)
    confirm = forms.CharField(label=_("Name of the organisation, to confirm"), max_length=63)

    def __init__(self, *args: Any, org: Org, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.org = org

    def clean_confirm(self) -> str:
        """Refuse any other name."""
        confirm: str = self.cleaned_data["confirm"]
        if confirm != self.org.slug:
            raise forms.ValidationError(_("Type %(org)s."), params={"org": self.org.slug})
        return confirm


class NewTeamForm(PlainForm):
    """A new team."""

    slug = forms.CharField(label=_("Name in addresses"), max_length=63)
    title = forms.CharField(label=_("Name"), max_length=150, required=False)


class TeamForm(PlainForm):
    """A team's words."""

    title = forms.CharField(label=_("Name"), max_length=150)
    description = forms.CharField(
        label=_("Description"), widget=forms.Textarea, max_length=10_000, required=False
    )


class JoinForm(PlainForm):
    """Who shall join a team."""

    username = forms.CharField(label=_("Username"), max_length=63)


class RoleForm(PlainForm):
    """A role built from the named permissions."""

    name = forms.CharField(label=_("Name"), max_length=60)
    description = forms.CharField(label=_("Description"), max_length=300, required=False)
    permissions = forms.MultipleChoiceField(
        label=_("May"), choices=[(perm.value, perm.value) for perm in Perm], required=False
    )


class GivingForm(PlainForm):
    """A form that gives a role, and a team, in an organisation."""

    role = forms.ChoiceField(label=_("Role"), initial=BuiltinRole.MEMBER)
    team = forms.ChoiceField(label=_("Team"), required=False)

    def __init__(self, *args: Any, org: Org, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.org = org
        role: Any = self.fields["role"]
        role.choices = [(each.key, each.label) for each in Role.objects.usable_in(org)]
        team: Any = self.fields["team"]
        team.choices = [("", _("None")), *((each.slug, each.title) for each in org.teams.all())]

    def given(self) -> dict[str, Any]:
        """Return the role and the team, loaded."""
        slug = self.cleaned_data["team"]
        team: Team | None = access.get_team(self.org, slug) if slug else None
        return {"role": access.get_role(self.org, self.cleaned_data["role"]), "team": team}


class InvitationForm(GivingForm):
    """A new invitation, to one address or by a link."""

    LIFETIMES = [
        ("1", _("In a day")),
        ("7", _("In a week")),
        ("30", _("In 30 days")),
        ("90", _("In 90 days")),
    ]
    USES = [("1", "1"), ("10", "10"), ("100", "100"), ("", _("Any number"))]

    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    days = forms.ChoiceField(label=_("Expires"), choices=LIFETIMES, initial="7")
    max_uses = forms.ChoiceField(label=_("Can be used"), choices=USES, required=False, initial="1")
    field_order = ("email", "role", "team", "days", "max_uses")

    def to_service(self) -> dict[str, Any]:
        """Return the arguments of services.create_invitation."""
        uses = self.cleaned_data["max_uses"]
        return {
            **self.given(),
            "email": self.cleaned_data["email"],
            "max_uses": int(uses) if uses else None,
            "expires_at": clock.now() + timedelta(days=int(self.cleaned_data["days"])),
        }


class ServiceAccountForm(GivingForm):
    """A new account for a machine."""

    username = forms.CharField(label=_("Username"), max_length=63)
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    field_order = ("username", "name", "role", "team")

    def to_service(self) -> dict[str, Any]:
        """Return the arguments of services.create_service_account."""
        words = {name: self.cleaned_data[name] for name in ("username", "name")}
        return {**self.given(), **words}


class ServiceKeyForm(PlainForm):
    """A new key of a service account."""

    LIFETIMES = [
        ("30", _("In 30 days")),
        ("90", _("In 90 days")),
        ("365", _("In a year")),
        ("", _("Never")),
    ]

    name = forms.CharField(label=_("Name"), max_length=100)
    scope = forms.ChoiceField(
        label=_("May"), choices=ApiKey.Scope.choices, initial=ApiKey.Scope.WRITE
    )
    days = forms.ChoiceField(label=_("Expires"), choices=LIFETIMES, required=False, initial="365")

    def to_service(self) -> dict[str, Any]:
        """Return the arguments of services.create_api_key."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "scope": self.cleaned_data["scope"],
            "expires_at": clock.now() + timedelta(days=int(days)) if days else None,
        }
