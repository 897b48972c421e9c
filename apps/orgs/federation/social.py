"""How allauth's sign-in by an issuer (OpenID Connect, GitHub, Google) makes and finds people here."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden
from apps.orgs.federation.admission import Identity, admit
from apps.orgs.models import User

log = logging.getLogger(__name__)
MAX_GROUPS = 1000
MAX_GROUP_NAME = 255


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Admits people by our rules; what allauth offers beside them is switched off."""

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        """Link nobody here: `admit` does, by stricter rules."""

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Note what the issuer calls somebody."""
        user: User = sociallogin.user
        user.username = str(data.get("username") or "")
        parts = (data.get("first_name"), data.get("last_name"))
        user.name = str(data.get("name") or " ".join(str(part) for part in parts if part))
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find, link or make the person, before allauth signs them in; show why not where that can't be."""
        try:
            check_nonce(sociallogin)
            identity = identity_of(sociallogin)
            if sociallogin.state.get("process") != AuthProcess.CONNECT:
                sociallogin.user = admit(identity)
        except Forbidden as error:
            raise ImmediateHttpResponse(refusal(request, error.message)) from None
        # Tokens and claims are not for keeping.
        sociallogin.account.extra_data = identity.facts
        sociallogin.token = None

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Return to the page of linked accounts."""
        return reverse("orgs:linked-accounts")

    def on_authentication_error(self, request: HttpRequest, provider: Any, **about: Any) -> None:
        """Log why a sign-in failed; the page says it in general."""
        log.warning(
            "sign_in_failed source=%s error=%s exception=%r",
            provider.sub_id,
            about.get("error"),
            about.get("exception"),
        )

    def get_requests_session(self) -> requests.Session:
        """Return a session that asks only the address it is given: a redirect could lead anywhere."""
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0
        return session


def refusal(request: HttpRequest, message: str, status: int = 403) -> HttpResponse:
    """Return the page that says why somebody is not signed in."""
    return render(request, "socialaccount/refused.html", {"message": message}, status=status)


def check_nonce(sociallogin: SocialLogin) -> None:
    """Raise Forbidden for an identity token that was not made for this sign-in."""
    expected = sociallogin.state.get("nonce")
    if expected is None:
        return
    token = sociallogin.account.extra_data.get("id_token") or {}
    if not constant_time_compare(str(token.get("nonce", "")), expected):
        raise Forbidden(_("The answer of the issuer belongs to another sign-in. Try again."))


def identity_of(sociallogin: SocialLogin) -> Identity:
    """Read what an issuer says of somebody; raise Forbidden for an address of another domain."""
    source = settings.SIGN_IN_SOURCES[sociallogin.account.provider]
    addresses = sociallogin.email_addresses
    # Some issuers say it in words.
    believed = [
        address.email.lower()
        for address in addresses
        if source.trusts_email or str(address.verified).lower() == "true"
    ]
    allowed = [email for email in believed if is_allowed(email)]
    if settings.SIGN_IN_EMAIL_DOMAINS and not allowed:
        raise Forbidden(
            _(
                "Only people with an e-mail of %(domains)s may sign in here, and %(source)s confirms none for you."
            )
            % {"domains": ", ".join(settings.SIGN_IN_EMAIL_DOMAINS), "source": source.name},
            code="email_not_allowed",
        )
    # Everybody can have an account at GitHub or Google: that alone says nothing.
    is_known = bool(settings.SIGN_IN_EMAIL_DOMAINS) or settings.SIGNUP_OPEN
    return Identity(
        source=source.key,
        uid=sociallogin.account.uid,
        username=sociallogin.user.username,
        name=sociallogin.user.name,
        email=allowed[0] if allowed else "",
        groups=groups_in(sociallogin.account.extra_data, source.group_claim),
        may_be_made=is_known or not source.is_public,
    )


def is_allowed(email: str) -> bool:
    """Tell whether people with this address may sign in."""
    domains = [domain.lower() for domain in settings.SIGN_IN_EMAIL_DOMAINS]
    return not domains or email.rpartition("@")[2] in domains


def groups_in(claims: dict[str, Any], path: str) -> frozenset[str] | None:
    """Return the groups that a claim (or SAML attribute) names; None without one. User info goes before the token.

    A dot in the path leads into an object, as in Keycloak's `realm_access.roles`.
    """
    for part in (claims.get("userinfo"), claims.get("id_token"), claims):
        found: Any = part if path and isinstance(part, dict) else {}
        for name in [path] if path in found else path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found is not None:
            return group_names(found)
    return None


def group_names(found: Any) -> frozenset[str]:
    """Return the names in a list of groups, or the one name that stands for itself."""
    names: Iterable[Any] = found if isinstance(found, list) else [found]
    usable = [name for name in names if isinstance(name, str) and 0 < len(name) <= MAX_GROUP_NAME]
    return frozenset(usable[:MAX_GROUPS])
