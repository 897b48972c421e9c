"""Where runs are: `api_urls` under /api/v1."""

from django.urls import path

from apps.runs import api

app_name = "runs"
api_urls = [
    path("projects/<str:org>/<str:project>/runs", api.RunListView.as_view(), name="api-run-list"),
    path(
        "projects/<str:org>/<str:project>/runs/<str:run>",
        api.RunLookupView.as_view(),
        name="api-run-lookup",
    ),
    path("runs/<str:run>", api.RunDetailView.as_view(), name="api-run-detail"),
    path("runs/<str:run>/finish", api.RunFinishView.as_view(), name="api-run-finish"),
    path("runs/<str:run>/restore", api.RunRestoreView.as_view(), name="api-run-restore"),
    path(
        "runs/<str:run>/config-history",
        api.ConfigHistoryView.as_view(),
        name="api-config-history",
    ),
]
