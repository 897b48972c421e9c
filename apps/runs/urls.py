"""Where runs are: `web_urls` at the root, `api_urls` under /api/v1."""

from django.urls import path

from apps.runs import api, retention_api, retention_views, views

app_name = "runs"
web_urls = [
    path("", views.home, name="home"),
    path("<org:org>", views.org, name="org"),
    path("<org:org>/<str:project>", views.workspace, name="workspace"),
    path("<org:org>/<str:project>/access/why", views.access_why, name="access-why"),
    path("orgs/<org:org>/retention", retention_views.org_retention, name="org-retention"),
    path(
        "<org:org>/<str:project>/retention",
        retention_views.project_retention,
        name="project-retention",
    ),
    path("<org:org>/<str:project>/runs/<str:run>", views.run_overview, name="run-overview"),
    path("<org:org>/<str:project>/runs/<str:run>/charts", views.run_charts, name="run-charts"),
    path("<org:org>/<str:project>/runs/<str:run>/system", views.run_system, name="run-system"),
    path("<org:org>/<str:project>/runs/<str:run>/logs", views.run_logs, name="run-logs"),
    path("<org:org>/<str:project>/runs/<str:run>/edit", views.run_edit, name="run-edit"),
    path("<org:org>/<str:project>/runs/<str:run>/share", views.run_share, name="run-share"),
    path(
        "<org:org>/<str:project>/runs/<str:run>/share/remove",
        views.run_unshare,
        name="run-unshare",
    ),
    path("<org:org>/<str:project>/runs/<str:run>/delete", views.run_delete, name="run-delete"),
    path("<org:org>/<str:project>/runs/<str:run>/restore", views.run_restore, name="run-restore"),
]
api_urls = [
    path(
        "orgs/<str:org>/retention",
        retention_api.OrgRetentionView.as_view(),
        name="api-org-retention",
    ),
    path(
        "projects/<str:org>/<str:project>/retention",
        retention_api.ProjectRetentionView.as_view(),
        name="api-project-retention",
    ),
    path(
        "projects/<str:org>/<str:project>/retention/dry-run",
        retention_api.RetentionDryRunView.as_view(),
        name="api-retention-dry-run",
    ),
    path("projects/<str:org>/<str:project>/runs", api.RunListView.as_view(), name="api-run-list"),
    path(
        "projects/<str:org>/<str:project>/access/why",
        api.AccessWhyView.as_view(),
        name="api-access-why",
    ),
    path(
        "projects/<str:org>/<str:project>/columns",
        api.ColumnListView.as_view(),
        name="api-column-list",
    ),
    path(
        "projects/<str:org>/<str:project>/runs/<str:run>",
        api.RunLookupView.as_view(),
        name="api-run-lookup",
    ),
    path("runs/<str:run>", api.RunDetailView.as_view(), name="api-run-detail"),
    path("runs/<str:run>/access", api.RunAccessView.as_view(), name="api-run-access"),
    path("runs/<str:run>/finish", api.RunFinishView.as_view(), name="api-run-finish"),
    path("runs/<str:run>/restore", api.RunRestoreView.as_view(), name="api-run-restore"),
    path(
        "runs/<str:run>/config-history",
        api.ConfigHistoryView.as_view(),
        name="api-config-history",
    ),
]
