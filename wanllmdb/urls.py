"""Every URL: each app's pages and REST routes, the admin, the sockets."""

from django.contrib import admin
from django.urls import include, path

from apps.projects.urls import socket_urls
from apps.runs import urls as runs
from wanllmdb import health

__all__ = ["socket_urls", "urlpatterns"]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include((runs.api_urls, "runs"))),
]
