"""Every URL: each app's pages and REST routes, the admin, the sockets, and who answers errors."""

from types import ModuleType

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLResolver, include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from apps.audit import urls as audit
from apps.core import views as core
from apps.metrics import urls as metrics
from apps.orgs import urls as orgs
from apps.projects import urls as projects
from apps.projects.urls import socket_urls
from apps.runs import urls as runs
from wanllmdb import api_docs, sdk_wheel

__all__ = ["socket_urls", "urlpatterns"]

# Staff sign in on the one sign-in page, where attempts are counted.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents it


def app_urls(urls: ModuleType) -> URLResolver:
    """Mount an app's pages at the root and its REST routes under /api/v1, in one namespace."""
    routes = [path("api/v1/", include(urls.api_urls)), *urls.web_urls]
    return path("", include((routes, urls.app_name)))


# What browsers ask for on pages that name no icon: the admin's, and files.
favicon = RedirectView.as_view(url=lazy(static, str)("icons/logo.svg"))

urlpatterns = [
    path("favicon.ico", favicon, name="favicon"),
    path("admin/", admin.site.urls),
    path("accounts/", include(orgs.account_urls)),
    path("settings/", include(orgs.security_urls)),
    path("api/v1/schema", api_docs.SchemaView.as_view(), name="api-schema"),
    path("api/docs", api_docs.DocsView.as_view(), name="api-docs"),
    path("sdk/", sdk_wheel.sdk_index, name="sdk-index"),
    path("sdk/<str:filename>", sdk_wheel.sdk_wheel, name="sdk-wheel"),
    app_urls(orgs),
    app_urls(audit),
    app_urls(projects),
    app_urls(metrics),
    # The last one: its <org>/<project> takes what nothing else has.
    app_urls(runs),
]
if settings.DEBUG:
    urlpatterns.insert(0, path("styleguide", core.styleguide, name="styleguide"))

handler400 = "wanllmdb.error_pages.bad_request"
handler403 = "wanllmdb.error_pages.permission_denied"
handler404 = "wanllmdb.error_pages.page_not_found"
handler429 = "wanllmdb.error_pages.too_many_requests"
handler500 = "wanllmdb.error_pages.server_error"
