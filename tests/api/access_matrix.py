"""Who gets which answer from which URL: one row a route and method.

To add a URL, add a row that names its route, a method and one of the expectations below; what it needs in its
body goes into `body`. The arguments of the URL are filled in from `acme/mnist` and its run (`world.arguments`).
Routes that decide nothing about anybody are in PUBLIC, each with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from apps.core import clock

# sam belongs to another org; vic, mel and ann are viewer, member and admin of acme, the home of everything asked
# for. The keys are ann's: one that may only read, one expired, one revoked. root administers the installation.
ACTORS = (
    "anonymous",
    "stranger",
    "viewer",
    "member",
    "admin",
    "read_key",
    "expired_key",
    "revoked_key",
    "superuser",
)
Expectation = tuple[int, ...]


# --- REST: anonymous, stranger, viewer, member, admin, read key, expired key, revoked key, superuser ---
def read(ok: int = 200) -> Expectation:
    """Something in the project or org, which every member may see."""
    return (401, 404, ok, ok, ok, ok, 401, 401, ok)


def write(ok: int = 200) -> Expectation:
    """A change that members may make."""
    return (401, 404, 403, ok, ok, 403, 401, 401, ok)


def manage(ok: int = 200) -> Expectation:
    """A change that only admins of the org may make."""
    return (401, 404, 403, 403, ok, 403, 401, 401, ok)


def administer(ok: int = 200) -> Expectation:
    """Something of the whole installation, for its administrators."""
    return (401, 403, 403, 403, 403, 403, 401, 401, ok)


def administer_org(ok: int = 200) -> Expectation:
    """A change of an org that only administrators of the installation may make."""
    return (401, 404, 403, 403, 403, 403, 401, 401, ok)


def own(ok: int = 200) -> Expectation:
    """One's own account, or a list of what one can see: everybody who is somebody."""
    return (401, ok, ok, ok, ok, ok, 401, 401, ok)


def own_write(ok: int = 200) -> Expectation:
    """A change of one's own account, which takes more than a read-only key."""
    return (401, ok, ok, ok, ok, 403, 401, 401, ok)


def anns(ok: int = 200) -> Expectation:
    """A change of something that is ann's own and nobody else's, not even an administrator's."""
    return (401, 404, 404, 404, ok, 403, 401, 401, 404)


def open_list(ok: int = 200) -> Expectation:
    """A list that is empty for strangers; only a bad key is refused."""
    return (ok, ok, ok, ok, ok, ok, 401, 401, ok)


# --- Pages know sessions only: a key opens none, so its bearer is sent to the sign-in page (302) ---
def page(ok: int = 200) -> Expectation:
    """A page about the project, for every member."""
    return (302, 404, ok, ok, ok, 302, 302, 302, ok)


def page_write(ok: int = 200) -> Expectation:
    """A page that changes the project, for members."""
    return (302, 404, 403, ok, ok, 302, 302, 302, ok)


def page_manage(ok: int = 200) -> Expectation:
    """A page for admins of the org."""
    return (302, 404, 403, 403, ok, 302, 302, 302, ok)


def own_page(ok: int = 200) -> Expectation:
    """A page about oneself."""
    return (302, ok, ok, ok, ok, 302, 302, 302, ok)


def anns_page(ok: int = 200) -> Expectation:
    """A page about something of ann's own."""
    return (302, 404, 404, 404, ok, 302, 302, 302, 404)


def soon() -> str:
    """A time that is still to come, as REST takes it."""
    return (clock.now() + timedelta(days=1)).isoformat()


@dataclass(frozen=True)
class Row:
    """What `method` on `route` (an URL's name) answers to each of ACTORS."""

    route: str
    method: str
    expected: Expectation
    body: dict[str, Any] = field(default_factory=dict)
    query: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


RETENTION = {"older_than_days": "9", "states": "ended"}
NEW_PROJECT = {"org": "acme", "slug": "new"}
ROWS = [
    # Accounts
    Row("orgs:api-me", "GET", own()),
    Row("orgs:api-me", "PATCH", own_write(), {"name": "A"}),
    Row("orgs:api-key-list", "GET", own_write()),
    Row("orgs:api-key-list", "POST", own_write(201), {"name": "k"}),
    Row("orgs:api-key-detail", "DELETE", anns(204)),
    Row("orgs:api-key-rotate", "POST", anns(201), {"overlap_s": 0}),
    Row("orgs:profile", "GET", own_page()),
    # 422: the new e-mail asks for the password.
    Row("orgs:profile", "POST", own_page(422), {"email": "new@example.org", "theme": "dark"}),
    Row("orgs:key-list", "GET", own_page()),
    Row("orgs:key-list", "POST", own_page(), {"name": "k", "scope": "read"}),
    Row("orgs:key-quick", "POST", own_page()),
    Row("orgs:key-revoke", "POST", anns_page(302)),
    Row("orgs:key-rotate", "GET", anns_page()),
    Row("orgs:key-rotate", "POST", anns_page(), {"hours": "24"}),
    Row("orgs:linked-accounts", "GET", own_page()),
    Row("orgs:system-sign-in", "GET", (302, 403, 403, 403, 403, 302, 302, 302, 200)),
    Row("orgs:link-delete", "POST", anns_page(302)),
    Row("account_change_password", "GET", own_page()),
    Row("account_set_password", "GET", own_page(302)),
    # Changes ask once more for the password (302).
    Row("mfa_index", "GET", own_page()),
    Row("mfa_activate_totp", "GET", own_page(302)),
    Row("mfa_deactivate_totp", "GET", own_page(404)),
    Row("mfa_view_recovery_codes", "GET", own_page(404)),
    Row("mfa_download_recovery_codes", "GET", own_page(404)),
    Row("mfa_generate_recovery_codes", "GET", own_page(302)),
    Row("mfa_add_webauthn", "GET", own_page(302)),
    Row("mfa_edit_webauthn", "GET", own_page(302)),
    Row("mfa_remove_webauthn", "GET", own_page(302)),
    Row("account_reauthenticate", "GET", own_page()),
    Row("mfa_reauthenticate", "GET", own_page(302)),
    Row("mfa_reauthenticate_webauthn", "GET", own_page(302)),
    Row("usersessions_list", "GET", own_page()),
    Row("usersessions_end", "POST", own_page(404)),
    Row("usersessions_end_others", "POST", own_page(302)),
    # Orgs
    Row("orgs:api-org-list", "GET", own()),
    Row("orgs:api-org-list", "POST", own_write(201), {"slug": "new-org"}),
    Row("orgs:api-org-detail", "GET", read()),
    Row("orgs:api-mapping-list", "GET", manage()),
    Row("orgs:api-mapping-list", "POST", manage(201), {"group": "ml", "role": "member"}),
    Row("orgs:api-mapping-detail", "DELETE", manage(204)),
    Row("orgs:api-org-detail", "PATCH", manage(), {"name": "A"}),
    Row("orgs:api-org-place", "PUT", manage(204), {"parent": None}),
    Row("orgs:api-org-owner", "PUT", manage(204), {"username": "mel"}),
    Row("orgs:api-member-list", "GET", read()),
    Row("orgs:api-member-detail", "GET", read()),
    Row("orgs:api-member-detail", "PATCH", manage(), {"role": "viewer"}),
    # mel, whom it is about, may go by herself.
    Row(
        "orgs:api-member-detail", "DELETE",
        (401, 404, 403, 204, 204, 403, 401, 401, 204),
    ),
    Row("orgs:api-team-list", "GET", read()),
    Row("orgs:api-team-list", "POST", manage(201), {"slug": "new"}),
    Row("orgs:api-team-detail", "GET", read()),
    Row("orgs:api-team-detail", "PATCH", manage(), {"title": "T"}),
    Row("orgs:api-team-detail", "DELETE", manage(204)),
    Row("orgs:api-team-member-list", "GET", read()),
    Row("orgs:api-team-member-detail", "PUT", manage(204)),
    Row("orgs:api-team-member-detail", "DELETE", manage(204)),
    Row("orgs:api-role-list", "GET", read()),
    Row("orgs:api-role-list", "POST", manage(201), {"name": "R", "permissions": ["org.view"]}),
    Row("orgs:api-role-detail", "GET", read()),
    Row("orgs:api-role-detail", "PUT", manage(), {"name": "R", "permissions": ["org.view"]}),
    Row("orgs:api-role-detail", "DELETE", manage(204)),
    Row("orgs:api-invitation-list", "GET", manage()),
    Row(
        "orgs:api-invitation-list", "POST", manage(201),
        {"role": "viewer", "expires_at": soon()},
    ),
    Row("orgs:api-invitation-detail", "DELETE", manage(204)),
    Row("orgs:api-invitation-accept", "POST", own_write(404), {"token": "nothing"}),
    Row("orgs:api-service-account-list", "GET", manage()),
    Row(
        "orgs:api-service-account-list", "POST", manage(201),
        {"username": "robot-2", "role": "viewer"},
    ),
    Row("orgs:api-service-account-detail", "GET", manage()),
    Row("orgs:api-service-account-detail", "PATCH", manage(), {"is_active": False}),
    Row("orgs:api-service-key-list", "GET", manage()),
    Row("orgs:api-service-key-list", "POST", manage(201), {"name": "k"}),
    Row("orgs:api-service-key-detail", "DELETE", manage(204)),
    Row("orgs:org-new", "GET", own_page()),
    Row("orgs:org-new", "POST", own_page(302), {"slug": "new-org"}),
    Row("orgs:org-settings", "GET", page_manage()),
    Row("orgs:org-settings", "POST", page_manage(302), {"name": "A"}),
    Row("orgs:org-move", "POST", page_manage(302), {"parent": ""}),
    Row("orgs:org-transfer", "POST", page_manage(302), {"owner": "mel", "confirm": "acme"}),
    # Who owns the org, or does not belong to it, is told why they stay.
    Row("orgs:org-leave", "POST", page(302)),
    Row("orgs:member-list", "GET", page()),
    Row("orgs:member-role", "POST", page_manage(302), {"role": "viewer"}),
    Row("orgs:member-remove", "POST", page_manage(302)),
    Row("orgs:team-list", "GET", page()),
    Row("orgs:team-list", "POST", page_manage(302), {"slug": "new"}),
    Row("orgs:team", "GET", page()),
    Row("orgs:team", "POST", page_manage(302), {"title": "T"}),
    Row("orgs:team-join", "POST", page_manage(302), {"username": "mel"}),
    Row("orgs:team-leave", "POST", page_manage(302)),
    Row("orgs:team-delete", "POST", page_manage(302)),
    Row("orgs:role-list", "GET", page()),
    Row("orgs:role-new", "GET", page_manage()),
    Row("orgs:role-new", "POST", page_manage(302), {"name": "R", "permissions": ["org.view"]}),
    Row("orgs:role-edit", "GET", page_manage()),
    Row("orgs:role-edit", "POST", page_manage(302), {"name": "R", "permissions": ["org.view"]}),
    Row("orgs:role-delete", "POST", page_manage(302)),
    Row("orgs:invitation-list", "GET", page_manage()),
    Row("orgs:invitation-list", "POST", page_manage(), {"role": "viewer", "days": "7"}),
    Row("orgs:invitation-revoke", "POST", page_manage(302)),
    Row("orgs:service-account-list", "GET", page_manage()),
    Row(
        "orgs:service-account-list", "POST", page_manage(302),
        {"username": "robot-2", "role": "viewer"},
    ),
    Row("orgs:service-account", "GET", page_manage()),
    Row("orgs:service-account", "POST", page_manage(), {"name": "k", "scope": "read"}),
    Row("orgs:service-account-activate", "POST", page_manage(302), {"is_active": "false"}),
    Row("orgs:service-key-revoke", "POST", page_manage(302)),
    # Projects
    Row("projects:api-project-list", "GET", open_list()),
    Row("projects:api-project-list", "POST", write(201), NEW_PROJECT),
    Row("projects:api-project-detail", "GET", read()),
    Row("projects:api-project-detail", "PATCH", write(), {"description": "d"}),
    Row("projects:api-project-detail", "DELETE", manage(204)),
    # A person's data
    Row("projects:own-data", "GET", own_page()),
    Row("projects:own-data-download", "POST", own_page()),
    Row("projects:person-erase", "GET", (302, 403, 403, 403, 403, 302, 302, 302, 200)),
    Row("projects:person-erase", "POST", (302, 403, 403, 403, 403, 302, 302, 302, 422), {"confirm": "x"}),
    Row("projects:person-download", "POST", (302, 403, 403, 403, 403, 302, 302, 302, 200)),
    # Retention
    Row("runs:api-org-retention", "GET", read()),
    Row("runs:api-org-retention", "PUT", manage(), {"older_than_days": 9}),
    Row("runs:api-org-retention", "DELETE", manage(204)),
    Row("runs:api-project-retention", "GET", read()),
    Row("runs:api-project-retention", "PUT", manage(), {"older_than_days": 9}),
    Row("runs:api-project-retention", "DELETE", manage(204)),
    Row("runs:api-retention-dry-run", "POST", write(), {"older_than_days": 9}),
    Row("runs:project-retention", "GET", page_write()),
    Row("runs:project-retention", "POST", page_manage(302), {"mode": "inherit", **RETENTION}),
    Row("runs:org-retention", "GET", page_manage()),
    Row("runs:org-retention", "POST", page_manage(302), {"mode": "on", **RETENTION}),
    # Audit
    Row("audit:api-org-audit", "GET", manage()),
    Row("audit:api-org-audit-export", "GET", manage()),
    Row("audit:api-system-audit", "GET", administer()),
    Row("audit:api-system-audit-export", "GET", administer()),
    Row("audit:org-audit", "GET", page_manage()),
    Row("audit:system-audit", "GET", (302, 403, 403, 403, 403, 302, 302, 302, 200)),
    # Usage and limits
    Row("projects:api-org-usage", "GET", read()),
    Row("projects:api-org-quota", "PATCH", administer_org(), {"seats": 9}),
    Row("projects:api-project-usage", "GET", read()),
    Row("projects:api-project-quota", "PATCH", manage(), {"runs": 9}),
    Row("projects:api-system-usage", "GET", administer()),
    Row("projects:org-usage", "GET", page()),
    Row("projects:org-usage", "POST", (302, 404, 403, 403, 403, 302, 302, 302, 302), {"runs": "9"}),
    Row("projects:project-usage", "GET", page_write()),
    Row("projects:project-usage", "POST", page_manage(302), {"runs": "9"}),
    Row("projects:system-usage", "GET", (302, 403, 403, 403, 403, 302, 302, 302, 200)),
    Row("projects:new", "GET", own_page()),
    Row(
        "projects:new", "POST", (302, 422, 422, 302, 302, 302, 302, 302, 302),
        {**NEW_PROJECT, "visibility": "private"},
    ),
    Row("projects:project-settings", "GET", page_write()),
    Row(
        "projects:project-settings", "POST", page_write(302),
        {"slug": "renamed", "visibility": "private"},
    ),
    Row("projects:api-project-access", "GET", write()),
    Row("projects:api-project-access", "PUT", write(), {"user": "sam", "level": "view"}),
    Row("projects:api-project-access", "DELETE", write(204), query="?user=sam"),
    Row("projects:project-access", "GET", page_write()),
    Row("projects:project-share", "GET", page_write()),
    Row("projects:project-share", "POST", page_write(302), {"who": "sam", "what": "view"}),
    Row("projects:project-unshare", "POST", page_write(302), {"who": "sam"}),
    Row("projects:project-visibility", "POST", page_write(302), {"visibility": "private"}),
    Row("projects:project-share-find", "GET", page_write(), query="?who=a"),
    Row("projects:project-delete", "GET", page_manage()),
    Row("projects:project-delete", "POST", page_manage(302), {"confirm": "mnist"}),
    # Runs
    Row("runs:api-run-list", "GET", read()),
    Row("runs:api-run-list", "POST", write(201), {"id": "r2"}),
    Row("runs:api-access-why", "GET", write(), query="?user=mel&permission=run.write"),
    Row("runs:access-why", "GET", page_write(), query="?user=mel&permission=run.write"),
    Row("runs:api-column-list", "GET", read()),
    Row("runs:api-run-lookup", "GET", read()),
    Row("runs:api-run-detail", "GET", read()),
    Row("runs:api-run-detail", "PATCH", write(), {"notes": "n"}),
    Row("runs:api-run-detail", "DELETE", write(204)),
    Row("runs:api-run-access", "GET", write()),
    Row("runs:api-run-access", "PUT", write(), {"user": "sam", "level": "view"}),
    Row("runs:api-run-access", "DELETE", write(204), query="?user=sam"),
    Row("runs:api-run-finish", "POST", write(), {"exit_code": 0}),
    Row("runs:api-run-restore", "POST", write()),
    Row("runs:api-config-history", "GET", read()),
    # Points
    Row("metrics:api-query", "POST", open_list(), {"keys": ["loss"]}),
    Row("metrics:api-project-metrics", "GET", read()),
    Row("metrics:api-run-metrics", "GET", read(), query="?keys=loss"),
    Row("metrics:api-run-rows", "GET", read()),
    Row("metrics:api-run-console", "GET", read()),
    Row("metrics:api-run-keys", "GET", read()),
    Row("metrics:api-run-truncate", "POST", write(), {"step": 5}),
    Row("metrics:api-run-history", "GET", read()),
    Row("runs:home", "GET", own_page()),
    Row("runs:org", "GET", page()),
    Row("runs:workspace", "GET", page()),
    Row("runs:run-overview", "GET", page()),
    Row("runs:run-charts", "GET", page()),
    Row("runs:run-system", "GET", page()),
    Row("runs:run-logs", "GET", page()),
    Row("runs:run-edit", "GET", page_write()),
    Row("runs:run-edit", "POST", page_write(302), {"name": "r", "tags": "", "notes": ""}),
    Row("runs:run-share", "GET", page_write()),
    Row("runs:run-share", "POST", page_write(302), {"who": "sam", "what": "view"}),
    Row("runs:run-unshare", "POST", page_write(302), {"who": "sam"}),
    Row("runs:run-delete", "POST", page_write(302)),
    Row("runs:run-restore", "POST", page_write(302)),
]  # fmt: skip

# The two doors beside Django's URLs. The stream route takes keys only, the socket sessions only.
STREAM = write()
SOCKET = (
    "unauthenticated", "project_not_found", "subscribed", "subscribed", "subscribed",
    "unauthenticated", "unauthenticated", "unauthenticated", "subscribed",
)  # fmt: skip
# What wanllmdb/asgi.py takes from the apps; another name there is another door, and needs its row here.
ASGI_DOORS = {"live", "limit_body", "is_for_stream", "stream_app", "socket_urls"}

# Routes without a row, and why they need none.
PUBLIC = {
    "favicon": "leads to the logo",
    "api-schema": "describes the API and holds no data",
    "api-docs": "shows the description",
    "sdk-index": "our own SDK, for everybody",
    "sdk-wheel": "our own SDK, for everybody",
    "orgs:welcome": "works only while nobody exists (tests/api/orgs/test_welcome.py)",
    "orgs:invite": "for whoever holds the link (tests/api/orgs/test_org_pages.py)",
    "orgs:language": "a cookie of the visitor's own",
    "orgs:theme": "a cookie of the visitor's own",
    "orgs:api-register": "takes a password, not an actor (tests/api/orgs/test_register.py)",
    "orgs:api-login": "takes a password, not an actor (tests/api/orgs/test_login.py)",
    "orgs:api-refresh": "takes a refresh token, not an actor (tests/api/orgs/test_tokens.py)",
    "orgs:api-logout": "takes a refresh token, not an actor (tests/api/orgs/test_tokens.py)",
    "account_login": "for those who are nobody yet",
    "account_logout": "ends the visitor's own session",
    "mfa_authenticate": "the second step of signing in, by what the first one left in the session",
    "mfa_login_webauthn": "for those who are nobody yet",
    "mfa_list_webauthn": "leads to the page of one's second factors",
    "socialaccount_login_cancelled": "says that somebody turned back, and whom it concerns knows",
    "sign_in_with": "for those who are nobody yet (tests/contract/test_single_sign_on.py)",
    "openid_connect_callback": "takes the word of an issuer (tests/contract/test_single_sign_on.py)",
    "github_callback": "takes the word of an issuer (tests/api/orgs/test_issuers.py)",
    "google_callback": "takes the word of an issuer (tests/api/orgs/test_issuers.py)",
    "saml_acs": "takes the word of an issuer (tests/contract/test_saml.py)",
    "saml_finish_acs": "takes the word of an issuer (tests/contract/test_saml.py)",
    "saml_metadata": "describes this server, for the issuer",
    "saml_sls": "leads to the page that ends the visitor's own session",
    "orgs:scim-users": "takes the SCIM token or an administrator's key only (tests/api/orgs/test_scim.py)",
    "orgs:scim-user": "takes the SCIM token or an administrator's key only (tests/api/orgs/test_scim.py)",
    "orgs:scim-groups": "takes the SCIM token or an administrator's key only (tests/api/orgs/test_scim.py)",
    "orgs:scim-group": "takes the SCIM token or an administrator's key only (tests/api/orgs/test_scim.py)",
    "orgs:scim-config": "takes the SCIM token or an administrator's key only (tests/api/orgs/test_scim.py)",
    "orgs:scim-types": "takes the SCIM token or an administrator's key only (tests/api/orgs/test_scim.py)",
    "orgs:scim-schemas": "takes the SCIM token or an administrator's key only (tests/api/orgs/test_scim.py)",
    "account_inactive": "says that an account is closed, to whom it belongs",
    "account_signup": "for those who are nobody yet, where sign-up is open",
    "account_reset_password": "for those who forgot their password",
    "account_reset_password_done": "says that a mail was sent, if there was a reason to",
    "account_reset_password_from_key": "opened by the key in the mail",
    "account_reset_password_from_key_done": "says that it is done",
}
# The admin's routes are many and Django's own: all of them are asked by everybody in one test.
ADMIN = "admin:"
