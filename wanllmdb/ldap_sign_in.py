"""`WANLLMDB_LDAP_*`: a directory whose passwords open accounts here. None by default."""

from __future__ import annotations

from typing import Any

from wanllmdb import env
from wanllmdb.sign_in import Source

NETWORK_TIMEOUT_S = 5
ANSWER_TIMEOUT_S = 10
BACKEND = "apps.orgs.federation.directory.DirectoryBackend"


def configured() -> tuple[Source | None, dict[str, Any]]:
    """Return the directory as a source, and what django-auth-ldap needs to know of it.

    Ends the process with a sentence where its packages, which have to be compiled, are not installed.
    """
    url = env.url("WANLLMDB_LDAP_URL", ("ldap", "ldaps"))
    name = env.text("WANLLMDB_LDAP_NAME", "LDAP")
    bind_dn = env.text("WANLLMDB_LDAP_BIND_DN", "")
    bind_password = env.secret("WANLLMDB_LDAP_BIND_PASSWORD") or ""
    user_base = env.text("WANLLMDB_LDAP_USER_BASE", "")
    user_filter = env.text("WANLLMDB_LDAP_USER_FILTER", "(uid=%(user)s)")
    group_base = env.text("WANLLMDB_LDAP_GROUP_BASE", "")
    group_filter = env.text("WANLLMDB_LDAP_GROUP_FILTER", "(objectClass=groupOfNames)")
    admin_group = env.text("WANLLMDB_LDAP_ADMIN_GROUP", "")
    start_tls = env.flag("WANLLMDB_LDAP_START_TLS", False)
    ca_file = env.text("WANLLMDB_LDAP_CA_FILE")
    if url is None:
        return None, {}
    if not user_base:
        raise env.EnvError(
            "WANLLMDB_LDAP_USER_BASE", "", "where people are, such as ou=people,dc=…"
        )
    if "%(user)s" not in user_filter:
        raise env.EnvError("WANLLMDB_LDAP_USER_FILTER", user_filter, "a filter with %(user)s in it")
    ldap, config = _packages()
    options = {
        ldap.OPT_NETWORK_TIMEOUT: NETWORK_TIMEOUT_S,
        ldap.OPT_TIMEOUT: ANSWER_TIMEOUT_S,
        ldap.OPT_REFERRALS: 0,  # They may lead anywhere.
        ldap.OPT_X_TLS_REQUIRE_CERT: ldap.OPT_X_TLS_DEMAND,
    }
    if ca_file is not None:
        options[ldap.OPT_X_TLS_CACERTFILE] = ca_file
    options[ldap.OPT_X_TLS_NEWCTX] = 0  # The last one: it puts those before it into force.
    subtree = ldap.SCOPE_SUBTREE
    groups = config.LDAPSearch(group_base, subtree, group_filter) if group_base else None
    return Source("ldap", name, url, admin_group=admin_group), {
        "AUTH_LDAP_SERVER_URI": url,
        "AUTH_LDAP_BIND_DN": bind_dn,
        "AUTH_LDAP_BIND_PASSWORD": bind_password,
        "AUTH_LDAP_START_TLS": start_tls,
        "AUTH_LDAP_CONNECTION_OPTIONS": options,
        "AUTH_LDAP_USER_SEARCH": config.LDAPSearch(user_base, subtree, user_filter),
        # "+" asks for what the directory keeps by itself, such as the entry's unchanging number.
        "AUTH_LDAP_USER_ATTRLIST": ["*", "+"],
        "AUTH_LDAP_GROUP_SEARCH": groups,
        "AUTH_LDAP_GROUP_TYPE": config.NestedGroupOfNamesType() if groups else None,
        "AUTH_LDAP_ALWAYS_UPDATE_USER": False,
    }


def _packages() -> tuple[Any, Any]:
    try:
        import ldap  # noqa: PLC0415 - compiled, and only needed here
        from django_auth_ldap import config  # noqa: PLC0415 - see above
    except ImportError:
        raise SystemExit(
            "WANLLMDB_LDAP_URL needs django-auth-ldap and python-ldap, which has to be compiled. On Debian and Ubuntu:"
            " apt-get install gcc python3-dev libldap-dev libsasl2-dev; then scripts/setup.sh ldap."
        ) from None
    return ldap, config
