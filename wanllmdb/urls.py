"""Every URL: each app's pages and REST routes, the admin, the sockets."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from apps.core import views as core
from apps.orgs import urls as orgs
from apps.projects import urls as projects
from apps.projects.urls import socket_urls
from apps.runs import urls as runs
from wanllmdb import health

__all__ = ["socket_urls", "urlpatterns"]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include((orgs.web_urls, "orgs"))),
    path("", include((projects.web_urls, "projects"))),
    # The last one: its <org>/<project> takes what nothing else has.
    path("", include(([path("api/v1/", include(runs.api_urls)), *runs.web_urls], "runs"))),
]
if settings.DEBUG:
    urlpatterns.insert(0, path("styleguide", core.styleguide, name="styleguide"))
