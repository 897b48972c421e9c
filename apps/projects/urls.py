"""Where projects are: `web_urls` at the root, `api_urls` under /api/v1, `socket_urls` for the live socket."""

from django.urls import path

from apps.orgs import converters  # noqa: F401 - importing it registers <org:…>
from apps.projects import api, consumers, views

app_name = "projects"
web_urls = [
    path("new", views.new, name="new"),
    path("<org:org>/<str:project>/settings", views.edit, name="project-settings"),
    path("<org:org>/<str:project>/delete", views.delete, name="project-delete"),
]
api_urls = [
    path("projects", api.ProjectListView.as_view(), name="api-project-list"),
    path(
        "projects/<str:org>/<str:project>",
        api.ProjectDetailView.as_view(),
        name="api-project-detail",
    ),
]
socket_urls = [path("ws/live", consumers.LiveConsumer.as_asgi())]
