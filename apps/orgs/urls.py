"""Where people are: `web_urls` at the root, `account_urls` under /accounts, `api_urls` under /api/v1."""

from allauth.account import views as account
from allauth.socialaccount import views as social
from django.urls import path, re_path

from apps.orgs.api import keys as keys_api
from apps.orgs.api import people as api
from apps.orgs.views import federation, keys
from apps.orgs.views import people as views

app_name = "orgs"
web_urls = [
    path("welcome", views.welcome, name="welcome"),
    path("settings/profile", views.profile, name="profile"),
    path("settings/keys", keys.key_list, name="key-list"),
    path("settings/keys/quick", keys.key_quick, name="key-quick"),
    path("settings/keys/<int:pk>/revoke", keys.key_revoke, name="key-revoke"),
    path("settings/keys/<int:pk>/rotate", keys.key_rotate, name="key-rotate"),
    path("settings/sign-in", federation.linked_accounts, name="linked-accounts"),
    path("settings/sign-in/<int:pk>/unlink", federation.unlink_account, name="link-delete"),
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
]
