"""Where people's pages are: `web_urls` at the root."""

from django.urls import path

from apps.orgs import views

app_name = "orgs"
web_urls = [
    path("welcome", views.welcome, name="welcome"),
    path("settings/profile", views.profile, name="profile"),
    path("settings/keys", views.key_list, name="key-list"),
    path("settings/keys/quick", views.key_quick, name="key-quick"),
    path("settings/keys/<int:pk>/revoke", views.key_revoke, name="key-revoke"),
    path("settings/language", views.language, name="language"),
    path("settings/theme", views.theme, name="theme"),
]
