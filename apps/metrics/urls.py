"""Where points are: `api_urls` under /api/v1. The stream route stands before them (ingest.py)."""

from django.urls import URLPattern, path

from apps.metrics import api

app_name = "metrics"
web_urls: list[URLPattern] = []
api_urls = [
    path("metrics/query", api.MetricsQueryView.as_view(), name="api-query"),
    path(
        "projects/<str:org>/<str:project>/metrics",
        api.ProjectMetricsView.as_view(),
        name="api-project-metrics",
    ),
    path("runs/<str:run>/metrics", api.RunMetricsView.as_view(), name="api-run-metrics"),
    path("runs/<str:run>/rows", api.RunRowsView.as_view(), name="api-run-rows"),
    path("runs/<str:run>/console", api.RunConsoleView.as_view(), name="api-run-console"),
    path("runs/<str:run>/keys", api.RunKeysView.as_view(), name="api-run-keys"),
    path("runs/<str:run>/truncate", api.RunTruncateView.as_view(), name="api-run-truncate"),
    path("runs/<str:run>/history.parquet", api.RunHistoryView.as_view(), name="api-run-history"),
]
