"""The second factor: codes of an authenticator app, security keys and passkeys, recovery codes.

allauth keeps and checks them. Here is how their secrets are kept from those who only get to see the database, whom
the installation asks for one, and how REST asks.
"""

from __future__ import annotations

import base64
import hashlib
import logging

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.errors import Conflict, Forbidden, RateLimited, Unauthenticated
from apps.orgs.models import User

log = logging.getLogger(__name__)
ISSUER = "wanLLMDB"
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def cipher() -> MultiFernet:
    """Return what secrets are encrypted with: a key made of SECRET_KEY, and the former ones to read with."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(b"wanllmdb.two-factor:" + secret.encode()) for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest.digest())) for digest in digests])


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Encrypts what allauth would keep as it is."""

    def get_totp_issuer(self) -> str:
        """Return the name that an authenticator app shows."""
        return f"{ISSUER} ({self._get_site_name()})"

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Return what a security key is called until its owner says otherwise."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("Security key %(number)d") % {"number": count + 1}

    def encrypt(self, text: str) -> str:
        """Return a secret as it goes into the database."""
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret from the database; raise Conflict where SECRET_KEY is another one than it was kept with."""
        try:
            return cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.error(
                "two_factor_unreadable, is a former secret missing in WANLLMDB_SECRET_KEY_FALLBACKS?"
            )
            raise Conflict(
                _(
                    "The second factor cannot be checked: this server's secret has changed. Ask an administrator."
                ),
                code="two_factor_unreadable",
            ) from None


def encrypt_anew() -> int:
    """Encrypt every secret with the newest key, so that the former ones are needed no more; return how many."""
    count = 0
    for authenticator in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN):
        for name in authenticator.data.keys() & {"secret", "seed"}:
            token = authenticator.data[name].encode()
            authenticator.data[name] = cipher().rotate(token).decode()
            count += 1
        authenticator.save(update_fields=["data"])
    return count


def of(user: User) -> dict[str, list[Authenticator]]:
    """Return what somebody has set up, by its type, the oldest first."""
    by_type: dict[str, list[Authenticator]] = {kind: [] for kind in Authenticator.Type.values}
    for authenticator in Authenticator.objects.filter(user=user).order_by("created_at"):
        by_type[authenticator.type].append(authenticator)
    return by_type


def is_on(user: User) -> bool:
    """Tell whether signing in asks this person for a second factor."""
    return bool(is_mfa_enabled(user, FACTORS))


def must_set_up(request: HttpRequest, user: User) -> bool:
    """Tell whether the installation asks this person for a second factor, and they have none yet.

    Who signed in elsewhere was asked there.
    """
    if not is_required_of(user):
        return False
    records = get_authentication_records(request, user)
    is_elsewhere = any(record["method"] == "socialaccount" for record in records)
    return not is_elsewhere and not is_on(user)


def is_required_of(user: User) -> bool:
    """Tell whether WANLLMDB_REQUIRE_TWO_FACTOR means this person."""
    if settings.REQUIRE_TWO_FACTOR == "admins":
        return user.is_superuser or user.is_staff
    return bool(settings.REQUIRE_TWO_FACTOR == "all")


def missing() -> Forbidden:
    """Return what a request hears whose person has yet to set up a second factor."""
    return Forbidden(
        _("This server asks you for a second factor. Sign in on its page and set one up."),
        code="two_factor_required",
    )


def check_code(user: User, code: str) -> None:
    """Check the code that came with a password: of the authenticator app, or a recovery code.

    Raises Unauthenticated `otp_required` without one and `wrong_otp` for a wrong one, RateLimited after too many.
    """
    if not is_on(user):
        return
    if not code:
        raise Unauthenticated(
            _(
                "This account has a second factor: send a code of the authenticator app, or a recovery code, as otp."
            ),
            code="otp_required",
        )
    form = AuthenticateForm(user=user, data={"code": code})
    if form.is_valid():
        form.authenticator.record_usage()
        return
    if form.has_error("code", "too_many_login_attempts"):
        raise RateLimited(_("Too many failed attempts. Try again later."))
    raise Unauthenticated(_("This code is wrong, used or too old."), code="wrong_otp")
