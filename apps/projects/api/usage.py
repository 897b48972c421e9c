"""REST for how much organisations and projects hold, and their limits."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import InputSerializer, decode_cursor, encode_cursor, parse, read_limit
from apps.orgs.access import get_org, require_administrator
from apps.orgs.permissions import Perm
from apps.orgs.rest import ActorAPIView, OrgAPIView
from apps.orgs.services import set_org_quota
from apps.projects import quotas, usage
from apps.projects.models import OrgUsage, ProjectUsage, Usage
from apps.projects.rest import ProjectAPIView

PAGE, MAX_PAGE = 50, 500
MAX_AMOUNT = 10**18


def amount() -> serializers.IntegerField:
    """Return the field of one limit."""
    return serializers.IntegerField(
        min_value=0, max_value=MAX_AMOUNT, allow_null=True, required=False
    )


class ProjectQuotaInput(InputSerializer):
    """Limits to set; null is none. What is not sent stays."""

    storage_bytes = amount()
    runs = amount()
    points = amount()


class OrgQuotaInput(ProjectQuotaInput):
    """Limits of an organisation."""

    seats = amount()


class LimitOutput(serializers.Serializer[Any]):
    """A limit that holds here, its own or one of an organisation above."""

    what = serializers.CharField()
    of = serializers.CharField(source="holder")
    used = serializers.IntegerField()
    limit = serializers.IntegerField()
    is_near = serializers.BooleanField()
    is_reached = serializers.BooleanField()


class UsageOutput(serializers.Serializer[Any]):
    """What was there when it was last measured; `measured_at` is null before the first time."""

    storage_bytes = serializers.IntegerField()
    metric_bytes = serializers.IntegerField()
    console_bytes = serializers.IntegerField()
    document_bytes = serializers.IntegerField()
    points = serializers.IntegerField()
    runs = serializers.IntegerField()
    trashed_runs = serializers.IntegerField()
    measured_at = serializers.DateTimeField(allow_null=True)


class ProjectUsageOutput(UsageOutput):
    """What a project holds, and its limits."""

    limits = LimitOutput(many=True)


class OrgUsageOutput(ProjectUsageOutput):
    """What an organisation holds with those below it, and its limits."""

    seats = serializers.IntegerField()


class OrgUsageRow(UsageOutput):
    """What one organisation holds."""

    org = serializers.CharField(source="org.slug")
    seats = serializers.IntegerField()


class OrgUsagePageOutput(serializers.Serializer[Any]):
    """One page of organisations."""

    items = OrgUsageRow(many=True)
    next = serializers.CharField(allow_null=True)


class OrgUsageView(OrgAPIView):
    """What an organisation holds."""

    @extend_schema(responses=OrgUsageOutput)
    def get(self, request: Request, org: str) -> Response:
        """Return what the organisation holds with those below it, as it was last measured, and its limits."""
        used = usage.of_org(self.org) or OrgUsage(org=self.org)
        return _answer(OrgUsageOutput, used, quotas.limits_of_org(self.org))


class OrgQuotaView(OrgAPIView):
    """The limits of an organisation."""

    @extend_schema(request=OrgQuotaInput, responses=OrgUsageOutput)
    def patch(self, request: Request, org: str) -> Response:
        """Set limits of an organisation. For administrators of the installation."""
        require_administrator(self.actor)
        set_org_quota(org=self.org, **parse(OrgQuotaInput, request.data))
        used = usage.of_org(self.org) or OrgUsage(org=self.org)
        return _answer(OrgUsageOutput, used, quotas.limits_of_org(self.org))


class ProjectUsageView(ProjectAPIView):
    """What a project holds."""

    @extend_schema(responses=ProjectUsageOutput)
    def get(self, request: Request, org: str, project: str) -> Response:
        """Return what the project holds, as it was last measured, and the limits that hold for it."""
        used = usage.of_project(self.project)
        limits = quotas.limits_on(self.project)
        return _answer(ProjectUsageOutput, used or ProjectUsage(project=self.project), limits)


class ProjectQuotaView(ProjectAPIView):
    """The limits of a project."""

    @extend_schema(request=ProjectQuotaInput, responses=ProjectUsageOutput)
    def patch(self, request: Request, org: str, project: str) -> Response:
        """Set limits of a project, within its organisation's. For admins of the organisation."""
        get_org(self.actor, org, Perm.ORG_EDIT)
        quotas.set_project_quota(project=self.project, **parse(ProjectQuotaInput, request.data))
        used = usage.of_project(self.project)
        limits = quotas.limits_on(self.project)
        return _answer(ProjectUsageOutput, used or ProjectUsage(project=self.project), limits)


def _answer(output: type[UsageOutput], used: Usage, limits: list[quotas.Limit]) -> Response:
    names = {str(name) for name in output().fields} - {"limits"}
    amounts = {name: getattr(used, name) for name in names}
    return Response(output({**amounts, "limits": limits}).data)


class SystemUsageView(ActorAPIView):
    """What the organisations of the installation hold."""

    @extend_schema(
        parameters=[
            OpenApiParameter("cursor", str, description="`next` of the page before."),
            OpenApiParameter("limit", int, description=f"1 to {MAX_PAGE}; {PAGE} if not given."),
        ],
        responses=OrgUsagePageOutput,
    )
    def get(self, request: Request) -> Response:
        """List what each organisation holds, by its number. For administrators of the installation."""
        require_administrator(self.actor)
        limit = read_limit(request, PAGE, MAX_PAGE)
        rows = usage.of_all_orgs().order_by("org_id")
        cursor = request.query_params.get("cursor")
        if cursor:
            (last,) = decode_cursor(cursor, int)
            rows = rows.filter(org_id__gt=last)
        found = list(rows[: limit + 1])
        following = encode_cursor([found[limit - 1].pk]) if len(found) > limit else None
        page: Any = {"items": found[:limit], "next": following}
        return Response(OrgUsagePageOutput(page).data)
