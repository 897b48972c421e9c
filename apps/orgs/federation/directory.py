"""Signing in by the password of an LDAP directory. Only imported where `WANLLMDB_LDAP_URL` is set."""

from __future__ import annotations

from typing import Any

import ldap
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_auth_ldap.backend import LDAPBackend, ldap_error

from apps.core.errors import AppError
from apps.orgs.federation.admission import Identity, admit
from apps.orgs.federation.social import group_names
from apps.orgs.models import User

# What never changes about somebody, where the directory has it; else their place in it.
ID_ATTRIBUTES = ("entryuuid", "objectguid")
NAME_ATTRIBUTES = ("displayname", "cn")
USERNAME_ATTRIBUTES = ("uid", "samaccountname")
MAX_LOGIN = 254


class DirectoryAway(AppError):
    """The directory does not answer, or not as it should (503)."""

    status = 503
    code = "directory_unavailable"


class DirectoryBackend(LDAPBackend):  # type: ignore[misc]  # it has no types
    """Checks passwords with the directory. A person of the same name here is another one until they are linked."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        """Return the person of a name (or whatever else the filter looks for) and password in the directory.

        Raises DirectoryAway. Asked last, so that who has a password here gets in also then.
        """
        login = username or credentials.get("email")
        if not login or len(login) > MAX_LOGIN or not password:
            return None
        user: User | None = super().authenticate(request, username=login, password=password)
        return user

    def get_or_build_user(self, username: str, ldap_user: Any) -> tuple[User, bool]:
        """Find, link or make the person; nothing is left for the package to fill in."""
        return admit(identity_of(username, ldap_user)), False

    def get_user(self, user_id: int) -> User | None:
        """Return whom a session stands for, while they may sign in."""
        return User.objects.filter(pk=user_id, is_active=True).first()


def identity_of(login: str, ldap_user: Any) -> Identity:
    """Read what the directory says of somebody."""
    groups = None
    if getattr(settings, "AUTH_LDAP_GROUP_SEARCH", None) is not None:
        groups = group_names(sorted(ldap_user.group_names))
    return Identity(
        source="ldap",
        uid=_first(ldap_user.attrs, ID_ATTRIBUTES) or ldap_user.dn.lower(),
        username=_first(ldap_user.attrs, USERNAME_ATTRIBUTES) or login,
        name=_first(ldap_user.attrs, NAME_ATTRIBUTES),
        email=_first(ldap_user.attrs, ("mail",)).lower(),
        groups=groups,
    )


def _first(attributes: Any, names: tuple[str, ...]) -> str:
    for name in names:
        value = (attributes.get(name) or [""])[0]
        if value:
            return value.hex() if isinstance(value, bytes) else str(value)
    return ""


def look_around() -> None:
    """Bind as this server does and ask for the bases; raises what python-ldap raises."""
    known: Any = settings  # Those of django-auth-ldap are there where it is in use.
    connection = LDAPBackend().ldap.initialize(known.AUTH_LDAP_SERVER_URI)
    for option, value in known.AUTH_LDAP_CONNECTION_OPTIONS.items():
        connection.set_option(option, value)
    try:
        if known.AUTH_LDAP_START_TLS:
            connection.start_tls_s()
        connection.simple_bind_s(known.AUTH_LDAP_BIND_DN, known.AUTH_LDAP_BIND_PASSWORD)
        for search in (known.AUTH_LDAP_USER_SEARCH, known.AUTH_LDAP_GROUP_SEARCH):
            if search is not None:
                connection.search_s(search.base_dn, ldap.SCOPE_BASE, "(objectClass=*)", ["1.1"])
    finally:
        connection.unbind_s()


def say_that_it_is_away(sender: Any, exception: ldap.LDAPError, **about: Any) -> None:
    """Tell whoever signs in that it is not their password."""
    raise DirectoryAway(
        _("The directory %(name)s does not answer. Try again later.")
        % {"name": settings.SIGN_IN_SOURCES["ldap"].name}
    ) from exception


ldap_error.connect(say_that_it_is_away)
