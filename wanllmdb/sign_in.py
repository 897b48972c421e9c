"""Who else may vouch for people: the issuers that `WANLLMDB_OIDC_*` and its like configure. None by default."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wanllmdb import env


@dataclass(frozen=True)
class Source:
    """Something that vouches for people, as it is shown to them, and how far it is believed."""

    key: str
    name: str
    # Where it is, for administrators to read and to be asked whether it answers; nothing secret.
    address: str
    group_claim: str = ""
    admin_group: str = ""
    trusts_email: bool = False
    # Whether anybody on earth can have an account there, so that being known there says nothing.
    is_public: bool = False

    @property
    def is_linkable(self) -> bool:
        """Whether people are led there to sign in."""
        return self.key != "ldap"


# What the common issuers call these.
SAML_EMAIL = [
    "email",
    "mail",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
]
SAML_NAME = ["displayName", "urn:oid:2.16.840.1.113730.3.1.241", "name", "cn"]
Configured = tuple[Source, dict[str, Any]]


def _required(name: str, value: str | None) -> str:
    if value is None:
        raise env.EnvError(name, "", "the value that the issuer gave you")
    return value


def openid_connect() -> Configured | None:
    """Read `WANLLMDB_OIDC_*`: the issuer as a source, and what allauth needs to know of it."""
    issuer = env.url("WANLLMDB_OIDC_ISSUER", ("https", "http"))
    client_id = env.text("WANLLMDB_OIDC_CLIENT_ID")
    secret = env.secret("WANLLMDB_OIDC_CLIENT_SECRET")
    name = env.text("WANLLMDB_OIDC_NAME", "OpenID Connect")
    scopes = env.words("WANLLMDB_OIDC_SCOPES", ["openid", "profile", "email"])
    source = Source(
        "oidc",
        name,
        issuer or "",
        group_claim=env.text("WANLLMDB_OIDC_GROUP_CLAIM", "groups"),
        admin_group=env.text("WANLLMDB_OIDC_ADMIN_GROUP", ""),
        trusts_email=env.flag("WANLLMDB_OIDC_TRUST_EMAIL", False),
    )
    if issuer is None:
        return None
    app = {
        "provider_id": source.key,
        "name": name,
        "client_id": _required("WANLLMDB_OIDC_CLIENT_ID", client_id),
        "secret": _required("WANLLMDB_OIDC_CLIENT_SECRET", secret),
        "settings": {"server_url": issuer.rstrip("/")},
    }
    pkce = {"OAUTH_PKCE_ENABLED": True}
    return source, {"openid_connect": {"APPS": [app], "SCOPE": scopes, **pkce}}


def github() -> Configured | None:
    """Read `WANLLMDB_GITHUB_*`; the address is that of one's own GitHub Enterprise, if that is meant."""
    client_id = env.text("WANLLMDB_GITHUB_CLIENT_ID")
    secret = env.secret("WANLLMDB_GITHUB_CLIENT_SECRET")
    address = env.url("WANLLMDB_GITHUB_URL", ("https", "http"))
    if client_id is None:
        return None
    app = {"client_id": client_id, "secret": _required("WANLLMDB_GITHUB_CLIENT_SECRET", secret)}
    own = {"GITHUB_URL": address.rstrip("/")} if address else {}
    source = Source("github", "GitHub", address or "https://github.com", is_public=address is None)
    return source, {"github": {"APPS": [app], "OAUTH_PKCE_ENABLED": True, **own}}


def google() -> Configured | None:
    """Read `WANLLMDB_GOOGLE_*`."""
    client_id = env.text("WANLLMDB_GOOGLE_CLIENT_ID")
    secret = env.secret("WANLLMDB_GOOGLE_CLIENT_SECRET")
    if client_id is None:
        return None
    app = {"client_id": client_id, "secret": _required("WANLLMDB_GOOGLE_CLIENT_SECRET", secret)}
    source = Source("google", "Google", "https://accounts.google.com", is_public=True)
    pkce = {"OAUTH_PKCE_ENABLED": True}
    return source, {"google": {"APPS": [app], "SCOPE": ["profile", "email"], **pkce}}


def saml() -> Configured | None:
    """Read `WANLLMDB_SAML_*`. What the metadata file says is taken at the start, its URL is asked now and then."""
    url = env.url("WANLLMDB_SAML_METADATA_URL", ("https", "http"))
    path = env.text("WANLLMDB_SAML_METADATA_FILE")
    idp_entity_id = env.text("WANLLMDB_SAML_IDP_ENTITY_ID")
    entity_id = env.text("WANLLMDB_SAML_ENTITY_ID")
    name = env.text("WANLLMDB_SAML_NAME", "SAML")
    attributes = {
        "uid": env.words("WANLLMDB_SAML_ID_ATTRIBUTE", []),
        "email": env.words("WANLLMDB_SAML_EMAIL_ATTRIBUTE", SAML_EMAIL),
        "username": env.words("WANLLMDB_SAML_USERNAME_ATTRIBUTE", ["uid"]),
        "name": env.words("WANLLMDB_SAML_NAME_ATTRIBUTE", SAML_NAME),
    }
    source = Source(
        "saml",
        name,
        url or path or "",
        group_claim=env.text("WANLLMDB_SAML_GROUP_ATTRIBUTE", "groups"),
        admin_group=env.text("WANLLMDB_SAML_ADMIN_GROUP", ""),
        trusts_email=env.flag("WANLLMDB_SAML_TRUST_EMAIL", False),
    )
    if url is None and path is None:
        return None
    settings = {
        "idp": {"metadata_url": url, "entity_id": idp_entity_id} if url else _idp_in(path or ""),
        "sp": {"entity_id": entity_id} if entity_id else {},
        "attribute_mapping": attributes,
        # A lab's server may have a short name. Nobody is signed in who did not ask to be.
        "advanced": {"allow_single_label_domains": True, "reject_idp_initiated_sso": True},
    }
    app = {"provider_id": "saml", "client_id": "saml", "name": name, "settings": settings}
    return source, {"saml": {"APPS": [app]}}


def _idp_in(path: str) -> dict[str, str]:
    """Return what a file of SAML metadata says of the one who issues."""
    # Compiled, and only needed here.
    from onelogin.saml2.idp_metadata_parser import (  # noqa: PLC0415 - see above
        OneLogin_Saml2_IdPMetadataParser as Parser,
    )

    accepts = "a file of SAML metadata with one signing certificate and one address to sign in at"
    try:
        idp = Parser.parse(Path(path).read_text(encoding="utf-8"))["idp"]
        certificates = idp.get("x509certMulti", {}).get("signing") or [idp["x509cert"]]
        (certificate,) = set(certificates)
        return {
            "entity_id": idp["entityId"],
            "sso_url": idp["singleSignOnService"]["url"],
            "x509cert": certificate,
        }
    except (OSError, KeyError, ValueError, SyntaxError):
        raise env.EnvError("WANLLMDB_SAML_METADATA_FILE", path, accepts) from None


def configured() -> tuple[dict[str, Source], dict[str, Any]]:
    """Return the configured sources by key, and allauth's `SOCIALACCOUNT_PROVIDERS`."""
    sources: dict[str, Source] = {}
    providers: dict[str, Any] = {}
    for read in (openid_connect, github, google, saml):
        found = read()
        if found is not None:
            sources[found[0].key] = found[0]
            providers |= found[1]
    return sources, providers
