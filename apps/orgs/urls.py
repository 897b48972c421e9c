"""Where people are: `web_urls` at the root, `account_urls` under /accounts, `api_urls` under /api/v1."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from django.urls import path, re_path, reverse_lazy
from django.views.generic import RedirectView

from apps.orgs import converters  # noqa: F401 - importing it registers <org:…>
from apps.orgs.api import federation as federation_api
from apps.orgs.api import invitations as invitations_api
from apps.orgs.api import keys as keys_api
from apps.orgs.api import members as members_api
from apps.orgs.api import orgs as orgs_api
from apps.orgs.api import people as api
from apps.orgs.api import roles as roles_api
from apps.orgs.api import scim
from apps.orgs.api import service_accounts as service_accounts_api
from apps.orgs.api import teams as teams_api
from apps.orgs.views import (
    federation,
    invitations,
    keys,
    members,
    orgs,
    roles,
    security,
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
    path("system/sign-in", federation.system_sign_in, name="system-sign-in"),
    path("scim/v2/Users", scim.UserListView.as_view(), name="scim-users"),
    path("scim/v2/Users/<int:pk>", scim.UserView.as_view(), name="scim-user"),
    path("scim/v2/Groups", scim.GroupListView.as_view(), name="scim-groups"),
    path("scim/v2/Groups/<int:pk>", scim.GroupView.as_view(), name="scim-group"),
    path("scim/v2/ServiceProviderConfig", scim.ConfigView.as_view(), name="scim-config"),
    path("scim/v2/ResourceTypes", scim.ResourceTypesView.as_view(), name="scim-types"),
    path("scim/v2/Schemas", scim.SchemasView.as_view(), name="scim-schemas"),
    path("settings/sign-in", federation.linked_accounts, name="linked-accounts"),
    path("settings/sign-in/<int:pk>/unlink", federation.unlink_account, name="link-delete"),
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
    path("login/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("with/<slug:source>/", federation.sign_in_with, name="sign_in_with"),
    # Where issuers send people back to.
    path(
        "oidc/<slug:provider_id>/login/callback/",
        federation.oidc_answer,
        name="openid_connect_callback",
    ),
    path("github/login/callback/", federation.github_answer, name="github_callback"),
    path("google/login/callback/", federation.google_answer, name="google_callback"),
    path("saml/<slug:organization_slug>/acs/", federation.saml_answer, name="saml_acs"),
    path(
        "saml/<slug:organization_slug>/acs/finish/", federation.saml_sign_in, name="saml_finish_acs"
    ),
    path("saml/<slug:organization_slug>/metadata/", federation.saml_metadata, name="saml_metadata"),
    # An issuer that ends its sessions sends people here: ours ends when they say so.
    path(
        "saml/<slug:organization_slug>/sls/",
        RedirectView.as_view(url=reverse_lazy("account_logout")),
        name="saml_sls",
    ),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("reauthenticate/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path(
        "reauthenticate/key/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"
    ),
    path("second-factor/", mfa.authenticate, name="mfa_authenticate"),
    path("passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
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
# Mounted under /settings. Here too the names are allauth's.
security_urls = [
    path("security", security.security, name="mfa_index"),
    path("security/app", totp.activate_totp, name="mfa_activate_totp"),
    path("security/app/remove", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("security/codes", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "security/codes/new",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "security/codes/download",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("security/keys", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("security/keys/new", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("security/keys/<int:pk>/rename", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("security/keys/<int:pk>/remove", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("sessions", security.session_list, name="usersessions_list"),
    path("sessions/<int:pk>/end", security.session_end, name="usersessions_end"),
    path("sessions/end-others", security.session_end_others, name="usersessions_end_others"),
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
    path("orgs/<str:org>/place", orgs_api.OrgPlaceView.as_view(), name="api-org-place"),
    path("orgs/<str:org>/owner", orgs_api.OrgOwnerView.as_view(), name="api-org-owner"),
    path("orgs/<str:org>/members", members_api.MemberListView.as_view(), name="api-member-list"),
    path(
        "orgs/<str:org>/members/<str:username>",
        members_api.MemberDetailView.as_view(),
        name="api-member-detail",
    ),
    path("orgs/<str:org>/teams", teams_api.TeamListView.as_view(), name="api-team-list"),
    path(
        "orgs/<str:org>/teams/<str:team>",
        teams_api.TeamDetailView.as_view(),
        name="api-team-detail",
    ),
    path(
        "orgs/<str:org>/teams/<str:team>/members",
        teams_api.TeamMemberListView.as_view(),
        name="api-team-member-list",
    ),
    path(
        "orgs/<str:org>/teams/<str:team>/members/<str:username>",
        teams_api.TeamMemberDetailView.as_view(),
        name="api-team-member-detail",
    ),
    path("orgs/<str:org>/roles", roles_api.RoleListView.as_view(), name="api-role-list"),
    path(
        "orgs/<str:org>/roles/<str:role>",
        roles_api.RoleDetailView.as_view(),
        name="api-role-detail",
    ),
    path(
        "orgs/<str:org>/invitations",
        invitations_api.InvitationListView.as_view(),
        name="api-invitation-list",
    ),
    path(
        "orgs/<str:org>/invitations/<int:invitation>",
        invitations_api.InvitationDetailView.as_view(),
        name="api-invitation-detail",
    ),
    path("invitations/accept", invitations_api.AcceptView.as_view(), name="api-invitation-accept"),
    path(
        "orgs/<str:org>/service-accounts",
        service_accounts_api.ServiceAccountListView.as_view(),
        name="api-service-account-list",
    ),
    path(
        "orgs/<str:org>/service-accounts/<str:account>",
        service_accounts_api.ServiceAccountDetailView.as_view(),
        name="api-service-account-detail",
    ),
    path(
        "orgs/<str:org>/service-accounts/<str:account>/keys",
        service_accounts_api.ServiceKeyListView.as_view(),
        name="api-service-key-list",
    ),
    path(
        "orgs/<str:org>/service-accounts/<str:account>/keys/<int:account_key>",
        service_accounts_api.ServiceKeyDetailView.as_view(),
        name="api-service-key-detail",
    ),
]
