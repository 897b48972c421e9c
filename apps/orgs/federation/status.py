"""Whether the sources of sign-in answer, and who came by them; for administrators. No secret is read out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.orgs.models import DirectoryGroup, GroupMapping

LAST_SIGN_INS = 10
MAX_REASON = 300


@dataclass(frozen=True)
class Probe:
    """What came of asking a source whether it is there."""

    is_well: bool
    message: str


def sources() -> list[dict[str, Any]]:
    """Return the configured sources, SCIM among them, with how many people came by each and when the last one did."""
    used = {
        row["provider"]: row
        for row in SocialAccount.objects.order_by()
        .values("provider")
        .annotate(people=Count("pk"), last_at=Max("last_login"))
    }
    known = [(each.key, each.name, each.address) for each in settings.SIGN_IN_SOURCES.values()]
    if settings.SCIM_TOKEN is not None:
        known.append(("scim", "SCIM", "/scim/v2"))
    nothing = {"people": 0, "last_at": None}
    return [
        {"key": key, "name": name, "address": address, **{**nothing, **used.get(key, {})}}
        for key, name, address in known
    ]


def last_sign_ins() -> list[SocialAccount]:
    """Return the accounts elsewhere that were used last."""
    found = SocialAccount.objects.exclude(provider="scim").select_related("user")
    return list(found.order_by("-last_login")[:LAST_SIGN_INS])


def rules() -> dict[str, Any]:
    """Return what an issuer's word is good for here."""
    return {
        "domains": settings.SIGN_IN_EMAIL_DOMAINS,
        "creates_accounts": settings.SIGN_IN_CREATES_ACCOUNTS,
        "links_by_email": settings.SIGN_IN_LINKS_BY_EMAIL,
        "password_sign_in": settings.PASSWORD_SIGN_IN,
        "mappings": GroupMapping.objects.count(),
        "groups": DirectoryGroup.objects.count(),
    }


def probe(key: str) -> Probe:
    """Ask a source now whether it answers as it should."""
    ask = PROBES.get(key)
    if ask is None or key not in settings.SIGN_IN_SOURCES:
        raise NotFound(_("This server knows no such way to sign in."))
    # What goes wrong is what is asked for: it is shown, whatever it is.
    try:
        return Probe(True, ask(settings.SIGN_IN_SOURCES[key].address))
    except Exception as error:  # noqa: BLE001 - see above
        return Probe(False, f"{type(error).__name__}: {error}"[:MAX_REASON])


def _ask_issuer(address: str) -> str:
    """Read the discovery document."""
    base = address.rstrip("/").removesuffix("/.well-known/openid-configuration")
    with get_adapter().get_requests_session() as session:
        answer = session.get(f"{base}/.well-known/openid-configuration")
    answer.raise_for_status()
    document = answer.json()
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not document.get(name):
            raise ValueError(_("The discovery document lacks %(name)s.") % {"name": name})
    if str(document.get("issuer", "")).rstrip("/") != base:
        raise ValueError(
            _("The issuer calls itself %(issuer)s.") % {"issuer": document.get("issuer")}
        )
    return _("It answers, and its discovery document is complete.")


def _ask_page(address: str) -> str:
    """Ask whether there is a server."""
    with get_adapter().get_requests_session() as session:
        answer = session.head(address, allow_redirects=False)
    if answer.status_code >= 500:
        answer.raise_for_status()
    return _("It answers.")


def _ask_directory(address: str) -> str:
    """Bind as this server does, and look for a person and, if wanted, a group."""
    # Only there where LDAP is configured.
    from apps.orgs.federation import directory  # noqa: PLC0415 - see above

    directory.look_around()
    return _("It lets this server in and finds what is under the bases.")


def _ask_saml(address: str) -> str:
    """Read the metadata, where it has an address; a file was read at the start."""
    if not address.startswith(("http://", "https://")):
        return _("The metadata file was read at the start.")
    from onelogin.saml2.idp_metadata_parser import (  # noqa: PLC0415 - compiled, and only needed here
        OneLogin_Saml2_IdPMetadataParser as Parser,
    )

    with get_adapter().get_requests_session() as session:
        answer = session.get(address)
    answer.raise_for_status()
    idp = Parser.parse(answer.content).get("idp", {})
    if not idp.get("singleSignOnService") or not (idp.get("x509cert") or idp.get("x509certMulti")):
        raise ValueError(_("The metadata names no address to sign in at, or no certificate."))
    return _("It answers, and its metadata is complete.")


PROBES: dict[str, Callable[[str], str]] = {
    "oidc": _ask_issuer,
    "google": _ask_issuer,
    "github": _ask_page,
    "ldap": _ask_directory,
    "saml": _ask_saml,
}
