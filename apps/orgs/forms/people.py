"""What people fill in about themselves. Rules that hold for every door are the services'."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.orgs.forms.plain import PlainForm
from apps.orgs.models import User


class WelcomeForm(PlainForm):
    """The first administrator."""

    username = forms.CharField(label=_("Username"), max_length=63)
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput,
        strip=False,
        max_length=1024,
        help_text=_("At least 10 characters, not only digits and not a common word."),
    )


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # allauth has no types
    """The sign-in page's form."""

    def user_credentials(self) -> dict[str, str]:
        """Return who it is by one name. allauth would try an address as a username too: no username has an @,
        and the second password hash would tell by its time that there is such a person."""
        credentials: dict[str, str] = super().user_credentials()
        if "email" in credentials:
            credentials.pop("username", None)
        return credentials


class SignupForm(AllauthSignupForm):  # type: ignore[misc]  # allauth has no types
    """The sign-up page's form."""

    def validate_unique_email(self, value: str) -> str:
        """Refuse an address that has an account.

        allauth would rather not say so, but where addresses aren't verified that can't be kept secret.
        """
        if User.objects.filter(email=value).exists():
            raise ValidationError(_("An account with this e-mail exists."))
        self.account_already_exists = False
        return value


class ProfileForm(PlainForm):
    """One's profile. A new e-mail address asks for the password, since it opens the account."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    current_password = forms.CharField(
        label=_("Current password"),
        widget=forms.PasswordInput,
        strip=False,
        required=False,
        max_length=1024,
        help_text=_("Only needed to change the e-mail."),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser")), *settings.LANGUAGES],
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Check the password where the e-mail changes."""
        cleaned = super().clean() or {}
        password = cleaned.pop("current_password", "")
        is_new = cleaned.get("email", self.user.email).lower() != self.user.email
        # allauth's check counts failures with those of the sign-in page.
        if is_new and not get_adapter().reauthenticate(self.user, password):
            self.add_error(
                "current_password", _("To change the e-mail, give your current password.")
            )
        return cleaned
