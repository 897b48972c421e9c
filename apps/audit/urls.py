"""Where the audit log is: `web_urls` at the root, `api_urls` under /api/v1."""

from django.urls import path

from apps.audit import api, views
from apps.orgs import converters  # noqa: F401 - importing it registers <org:…>

app_name = "audit"
web_urls = [
    path("orgs/<org:org>/audit", views.org_audit, name="org-audit"),
    path("system/audit", views.system_audit, name="system-audit"),
]
api_urls = [
    path("orgs/<str:org>/audit", api.OrgAuditView.as_view(), name="api-org-audit"),
    path(
        "orgs/<str:org>/audit/export",
        api.OrgAuditExportView.as_view(),
        name="api-org-audit-export",
    ),
    path("system/audit", api.SystemAuditView.as_view(), name="api-system-audit"),
    path(
        "system/audit/export",
        api.SystemAuditExportView.as_view(),
        name="api-system-audit-export",
    ),
]
