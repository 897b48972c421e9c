"""Where people are: `web_urls` at the root, `account_urls` under /accounts, `api_urls` under /api/v1."""

from allauth.account import views as account
from django.urls import path, re_path

from apps.orgs import converters  # noqa: F401 - importing it registers <org:…>
from apps.orgs.api import federation as federation_api
from apps.orgs.api import keys as keys_api
from apps.orgs.api import people as api
from apps.orgs.views import (
    invitations,
    keys,
    members,
    orgs,
    roles,
    service_accounts,
    teams,
)
from apps.orgs.views import people as views

app_name = "orgs"
web_urls = [
    path("welcome", views.welcome, name="welcome"),
    path("settings/profile", views.profile, name="profile"),
    path("settings/keys", keys.key_list, name="key-list"),
    path("settings/keys/quick", keys.key_quick, name="key-quick"),
    path("settings/keys/<int:pk>/revoke", keys.key_revoke, name="key-revoke"),
    path("settings/keys/<int:pk>/rotate", keys.key_rotate, name="key-rotate"),
    path("invite/<str:token>", invitations.invite, name="invite"),
    path("orgs/new", orgs.org_new, name="org-new"),
    path("orgs/<org:org>/settings", orgs.org_settings, name="org-settings"),
    path("orgs/<org:org>/move", orgs.org_move, name="org-move"),
    path("orgs/<org:org>/transfer", orgs.org_transfer, name="org-transfer"),
    path("orgs/<org:org>/leave", members.org_leave, name="org-leave"),
    path("orgs/<org:org>/members", members.member_list, name="member-list"),
    path("orgs/<org:org>/members/<str:username>/role", members.member_role, name="member-role"),
    path(
        "orgs/<org:org>/members/<str:username>/remove",
        members.member_remove,
        name="member-remove",
    ),
    path("orgs/<org:org>/teams", teams.team_list, name="team-list"),
    path("orgs/<org:org>/teams/<str:team>", teams.team, name="team"),
    path("orgs/<org:org>/teams/<str:team>/join", teams.team_join, name="team-join"),
    path(
        "orgs/<org:org>/teams/<str:team>/leave/<str:username>", teams.team_leave, name="team-leave"
    ),
    path("orgs/<org:org>/teams/<str:team>/delete", teams.team_delete, name="team-delete"),
    path("orgs/<org:org>/roles", roles.role_list, name="role-list"),
    path("orgs/<org:org>/roles/new", roles.role_new, name="role-new"),
    path("orgs/<org:org>/roles/<str:role>", roles.role_edit, name="role-edit"),
    path("orgs/<org:org>/roles/<str:role>/delete", roles.role_delete, name="role-delete"),
    path("orgs/<org:org>/invitations", invitations.invitation_list, name="invitation-list"),
    path(
        "orgs/<org:org>/invitations/<int:invitation>/revoke",
        invitations.invitation_revoke,
        name="invitation-revoke",
    ),
    path(
        "orgs/<org:org>/service-accounts",
        service_accounts.service_account_list,
        name="service-account-list",
    ),
    path(
        "orgs/<org:org>/service-accounts/<str:account>",
        service_accounts.service_account,
        name="service-account",
    ),
    path(
        "orgs/<org:org>/service-accounts/<str:account>/active",
        service_accounts.service_account_activate,
        name="service-account-activate",
    ),
    path(
        "orgs/<org:org>/service-accounts/<str:account>/keys/<int:account_key>/revoke",
        service_accounts.service_key_revoke,
        name="service-key-revoke",
    ),
    path("settings/language", views.language, name="language"),
    path("settings/theme", views.theme, name="theme"),
]
# allauth's own list has more pages (several addresses for a person, codes by mail), which we do not offer.
# The names are those that allauth reverses.
account_urls = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
api_urls = [
    path("auth/register", api.RegisterView.as_view(), name="api-register"),
    path("auth/login", api.LoginView.as_view(), name="api-login"),
    path("auth/refresh", api.RefreshView.as_view(), name="api-refresh"),
    path("auth/logout", api.LogoutView.as_view(), name="api-logout"),
    path("auth/me", api.MeView.as_view(), name="api-me"),
    path("auth/keys", keys_api.KeyListView.as_view(), name="api-key-list"),
    path("auth/keys/<int:key>", keys_api.KeyDetailView.as_view(), name="api-key-detail"),
    path("auth/keys/<int:key>/rotate", keys_api.KeyRotateView.as_view(), name="api-key-rotate"),
    path("orgs", api.OrgListView.as_view(), name="api-org-list"),
    path("orgs/<str:org>", api.OrgDetailView.as_view(), name="api-org-detail"),
    path(
        "orgs/<str:org>/group-mappings",
        federation_api.GroupMappingListView.as_view(),
        name="api-mapping-list",
    ),
    path(
        "orgs/<str:org>/group-mappings/<int:mapping>",
        federation_api.GroupMappingDetailView.as_view(),
        name="api-mapping-detail",
    ),
]
