"""What people fill in. Rules that hold for every door are the services'."""

from apps.orgs.forms.people import LoginForm, SignupForm
from apps.orgs.forms.plain import PlainForm

__all__ = ["LoginForm", "PlainForm", "SignupForm"]
