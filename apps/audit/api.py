"""REST for the audit log."""

from __future__ import annotations

from typing import ClassVar

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit import exports, search, services
from apps.audit.models import Entry, EntryQuerySet
from apps.audit.serializers import EntryOutput, EntryPageOutput
from apps.core.errors import Invalid
from apps.core.rest import dump_many, read_limit
from apps.orgs.access import require_administrator
from apps.orgs.permissions import Perm
from apps.orgs.rest import ActorAPIView, OrgAPIView

PAGE, MAX_PAGE = 100, 1_000
FILTERS = [
    OpenApiParameter("who", str, description="A username."),
    OpenApiParameter("action", str, description="Such as `run.update`."),
    OpenApiParameter("door", str),
    OpenApiParameter("object_type", str),
    OpenApiParameter("object_id", str),
    OpenApiParameter("project_id", int),
    OpenApiParameter("key_id", int),
    OpenApiParameter("address", str),
    OpenApiParameter("from", str, description="A day (UTC) or a time, inclusive."),
    OpenApiParameter("to", str, description="A day (UTC), inclusive, or a time, exclusive."),
    OpenApiParameter("q", str, description="Words in the object's name or the action."),
]
PAGING = [
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    OpenApiParameter("limit", int, description=f"1 to {MAX_PAGE}; {PAGE} if not given."),
]
FORMAT = OpenApiParameter("format", str, enum=list(exports.CONTENT_TYPES))
FILES = {
    (200, "text/csv"): OpenApiTypes.STR,
    (200, "application/x-ndjson"): OpenApiTypes.STR,
}


def _list(request: Request, entries: EntryQuerySet) -> Response:
    found = search.matching(entries, request.query_params)
    limit = read_limit(request, PAGE, MAX_PAGE)
    page = search.newest(found, request.query_params.get("cursor"), limit)
    return Response({"items": dump_many(EntryOutput, page.entries), "next": page.next})


def _export(request: Request, entries: EntryQuerySet, org_id: int | None) -> HttpResponseBase:
    form = request.query_params.get("format", "csv")
    if form not in exports.CONTENT_TYPES:
        raise Invalid("format accepts csv or jsonl.", fields={"format": [form[:100]]})
    found = search.matching(entries, request.query_params)
    asked = {
        name: request.query_params[name] for name in search.FILTERS if name in request.query_params
    }
    services.record("audit.export", org_id=org_id, details={"format": form, **asked})
    return exports.answer(found, form, is_async=isinstance(request._request, ASGIRequest))


class OrgAuditView(OrgAPIView):
    """The audit log of one organisation and those in it."""

    needs: ClassVar[dict[str, Perm]] = {"GET": Perm.AUDIT_VIEW}

    @extend_schema(parameters=[*FILTERS, *PAGING], responses=EntryPageOutput)
    def get(self, request: Request, org: str) -> Response:
        """List what happened in the organisation and those in it, the newest first."""
        return _list(request, Entry.objects.in_org(self.org))


class OrgAuditExportView(OrgAPIView):
    """The audit log of one organisation as a file."""

    needs: ClassVar[dict[str, Perm]] = {"GET": Perm.AUDIT_VIEW}

    @extend_schema(parameters=[*FILTERS, FORMAT], responses=FILES)
    def get(self, request: Request, org: str) -> HttpResponseBase:
        """Return all that matches as CSV, or as a JSON object a line. The export is in the log itself."""
        return _export(request, Entry.objects.in_org(self.org), self.org.pk)


class SystemAuditView(ActorAPIView):
    """The audit log of the installation."""

    @extend_schema(parameters=[*FILTERS, *PAGING], responses=EntryPageOutput)
    def get(self, request: Request) -> Response:
        """List what happened anywhere, the newest first. For administrators of the installation."""
        require_administrator(self.actor)
        return _list(request, Entry.objects.visible_to(self.actor))


class SystemAuditExportView(ActorAPIView):
    """The audit log of the installation as a file."""

    @extend_schema(parameters=[*FILTERS, FORMAT], responses=FILES)
    def get(self, request: Request) -> HttpResponseBase:
        """Return all that matches as CSV, or as a JSON object a line. The export is in the log itself."""
        require_administrator(self.actor)
        return _export(request, Entry.objects.visible_to(self.actor), None)
