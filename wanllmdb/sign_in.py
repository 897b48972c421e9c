"""Who else may vouch for people: the issuers that `WANLLMDB_OIDC_*` and its like configure. None by default."""

from __future__ import annotations

from dataclasses import dataclass
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


def configured() -> tuple[dict[str, Source], dict[str, Any]]:
    """Return the configured sources by key, and allauth's `SOCIALACCOUNT_PROVIDERS`."""
    sources: dict[str, Source] = {}
    providers: dict[str, Any] = {}
    for read in (openid_connect, github, google):
        found = read()
        if found is not None:
            sources[found[0].key] = found[0]
            providers |= found[1]
    return sources, providers
