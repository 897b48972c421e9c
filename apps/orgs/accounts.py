"""How allauth's pages make and check accounts here."""

from __future__ import annotations

import logging
import smtplib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.orgs import guessing, services
from apps.orgs.models import Invitation, User

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Sign-up goes through our service, so that everybody has a personal org."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Tell whether strangers may make themselves an account, or this one holds an invitation."""
        return settings.SIGNUP_OPEN or self._invitation(request) is not None

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name, or raise ValidationError when it is taken by a person, an org or the product."""
        name: str = super().clean_username(username.lower(), shallow)
        if not shallow and services.is_taken(name):
            raise ValidationError(_("This name is taken."))
        return name

    def clean_email(self, email: str) -> str:
        """Return the address, or raise ValidationError when the invitation is for another one."""
        invitation = self._invitation(self.request)
        if not settings.SIGNUP_OPEN and invitation and not invitation.is_for(email):
            raise ValidationError(_("The invitation is for another e-mail address."))
        cleaned: str = super().clean_email(email)
        return cleaned

    @transaction.atomic
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Make the account that the checked sign-up form describes, a member where it was invited to."""
        data = form.cleaned_data
        invitation = self._invitation(request)
        made = services.create_user(
            username=data["username"], email=data.get("email", ""), password=data["password1"]
        )
        if invitation is not None and invitation.is_for(made.email):
            # Somebody else may have used it up meanwhile: then there is no account either.
            services.accept_invitation(digest=invitation.digest, user=made)
            del request.session["invitation"]
        return made

    def _invitation(self, request: HttpRequest) -> Invitation | None:
        """Return the invitation that this visitor has opened, if it still can be accepted."""
        try:
            return services.find_invitation(request.session.get("invitation", ""))
        except AppError:
            return None

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Let nobody try out passwords: by our count, which a name at another address is not kept waiting by."""
        if guessing.must_wait(request, credentials):
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return the person whose password this is, inactive ones too, or None; forget what they got wrong before."""
        user = super().authenticate(request, **credentials)
        if isinstance(user, User):
            guessing.forget(request, user)
        return user

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person by mail that their password or second factor is another one."""
        address = email or user.email
        if address:
            super().send_notification_mail(template_prefix, user, context, address)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a message; a mail server that is away is logged, and the page says what it always says."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException):
            log.exception("mail_not_sent template=%s", template_prefix)


def announce_new_password(sender: type[User], user: User, **kwargs: Any) -> None:
    """Make sockets and caches look again: a new password ends every other session and all tokens."""
    services.announce_access_changed(user.pk)
