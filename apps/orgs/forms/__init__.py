"""What people fill in. Rules that hold for every door are the services'."""

from apps.orgs.forms.people import SignupForm
from apps.orgs.forms.plain import PlainForm

__all__ = ["PlainForm", "SignupForm"]
