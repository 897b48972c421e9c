"""Where projects are: `web_urls` at the root, `api_urls` under /api/v1, `socket_urls` for the live socket."""

from django.urls import path

from apps.orgs import converters  # noqa: F401 - importing it registers <org:…>
from apps.projects import consumers
from apps.projects.api import access as access_api
from apps.projects.api import projects as api
from apps.projects.api import usage as usage_api
from apps.projects.views import people as people_views
from apps.projects.views import projects as views
from apps.projects.views import sharing
from apps.projects.views import usage as usage_views

app_name = "projects"
web_urls = [
    path("new", views.new, name="new"),
    path("orgs/<org:org>/usage", usage_views.org_usage, name="org-usage"),
    path("settings/data", people_views.own_data, name="own-data"),
    path("settings/data/download", people_views.download_own_data, name="own-data-download"),
    path("system/people/<str:username>/erase", people_views.erase, name="person-erase"),
    path("system/people/<str:username>/data", people_views.download_data, name="person-download"),
    path("system/usage", usage_views.system_usage, name="system-usage"),
    path("<org:org>/<str:project>/usage", usage_views.project_usage, name="project-usage"),
    path("<org:org>/<str:project>/settings", views.edit, name="project-settings"),
    path("<org:org>/<str:project>/delete", views.delete, name="project-delete"),
    path("<org:org>/<str:project>/access", sharing.people, name="project-access"),
    path("<org:org>/<str:project>/share", sharing.share, name="project-share"),
    path("<org:org>/<str:project>/share/remove", sharing.remove, name="project-unshare"),
    path("<org:org>/<str:project>/share/open", sharing.show_to, name="project-visibility"),
    path("<org:org>/<str:project>/share/find", sharing.find, name="project-share-find"),
]
api_urls = [
    path("orgs/<str:org>/usage", usage_api.OrgUsageView.as_view(), name="api-org-usage"),
    path("orgs/<str:org>/quota", usage_api.OrgQuotaView.as_view(), name="api-org-quota"),
    path("system/usage", usage_api.SystemUsageView.as_view(), name="api-system-usage"),
    path(
        "projects/<str:org>/<str:project>/usage",
        usage_api.ProjectUsageView.as_view(),
        name="api-project-usage",
    ),
    path(
        "projects/<str:org>/<str:project>/quota",
        usage_api.ProjectQuotaView.as_view(),
        name="api-project-quota",
    ),
    path("projects", api.ProjectListView.as_view(), name="api-project-list"),
    path(
        "projects/<str:org>/<str:project>",
        api.ProjectDetailView.as_view(),
        name="api-project-detail",
    ),
    path(
        "projects/<str:org>/<str:project>/access",
        access_api.ProjectAccessView.as_view(),
        name="api-project-access",
    ),
]
socket_urls = [path("ws/live", consumers.LiveConsumer.as_asgi())]
