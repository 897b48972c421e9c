"""REST for retention rules."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.fields import TextField
from apps.core.rest import InputSerializer, parse
from apps.orgs.permissions import Perm
from apps.orgs.rest import OrgAPIView
from apps.projects.rest import ProjectAPIView
from apps.runs import retention
from apps.runs.models import RetentionRule


class RetentionInput(InputSerializer):
    """A rule. States: those that are deleted, all in which a run has ended if there are none."""

    is_on = serializers.BooleanField(required=False)
    older_than_days = serializers.IntegerField(min_value=0, max_value=36_500)
    keep_last = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    keep_tags = serializers.ListField(child=TextField(), required=False)
    states = serializers.ListField(
        child=serializers.ChoiceField(retention.ENDED), required=False, max_length=10
    )


class RetentionFields(serializers.Serializer[Any]):
    """A rule as it is."""

    is_on = serializers.BooleanField()
    older_than_days = serializers.IntegerField()
    keep_last = serializers.IntegerField()
    keep_tags = serializers.ListField(child=serializers.CharField())
    states = serializers.ListField(child=serializers.CharField())


class RetentionOutput(serializers.Serializer[Any]):
    """The rule that holds, null for none; `of` is the project or organisation that set it."""

    rule = RetentionFields(allow_null=True)
    of = serializers.CharField(allow_null=True)


class DueRunOutput(serializers.Serializer[Any]):
    """A run that would go."""

    id = serializers.CharField(source="short_id")
    uid = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField()
    ended_at = serializers.DateTimeField()
    size_bytes = serializers.IntegerField()


class DryRunOutput(serializers.Serializer[Any]):
    """What would go: all of it counted and weighed, the oldest runs listed."""

    count = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    runs = DueRunOutput(many=True)


class ProjectRetentionView(ProjectAPIView):
    """The retention rule of a project."""

    needs: ClassVar[dict[str, Perm]] = {"PUT": Perm.PROJECT_DELETE, "DELETE": Perm.PROJECT_DELETE}

    @extend_schema(responses=RetentionOutput)
    def get(self, request: Request, org: str, project: str) -> Response:
        """Return the rule that holds for the project, its own or that of an organisation above."""
        return _answer(retention.rule_for(self.project))

    @extend_schema(request=RetentionInput, responses=RetentionOutput)
    def put(self, request: Request, org: str, project: str) -> Response:
        """Set the project's own rule. `is_on` false keeps all runs, whatever holds above."""
        fields = parse(RetentionInput, request.data)
        return _answer(retention.set_rule(project=self.project, **fields))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str, project: str) -> Response:
        """Remove the project's own rule: that of the organisation holds again, if it has one."""
        retention.remove_rule(project=self.project)
        return Response(status=204)


class OrgRetentionView(OrgAPIView):
    """The retention rule of an organisation."""

    needs: ClassVar[dict[str, Perm]] = {"PUT": Perm.PROJECT_DELETE, "DELETE": Perm.PROJECT_DELETE}

    @extend_schema(responses=RetentionOutput)
    def get(self, request: Request, org: str) -> Response:
        """Return the rule that holds for the organisation's projects, its own or that of one above."""
        return _answer(retention.inherited_rule(self.org))

    @extend_schema(request=RetentionInput, responses=RetentionOutput)
    def put(self, request: Request, org: str) -> Response:
        """Set the organisation's rule, for all projects in it and below that have none of their own."""
        return _answer(retention.set_rule(org=self.org, **parse(RetentionInput, request.data)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str) -> Response:
        """Remove the organisation's rule."""
        retention.remove_rule(org=self.org)
        return Response(status=204)


class RetentionDryRunView(ProjectAPIView):
    """What a rule would take."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.PROJECT_EDIT}

    @extend_schema(request=RetentionInput, responses=DryRunOutput)
    def post(self, request: Request, org: str, project: str) -> Response:
        """List what the rule in the body would put in the trash now, or with an empty body the one that holds."""
        rule = retention.rule_for(self.project)
        if request.data:
            fields = parse(RetentionInput, request.data)
            rule = retention.checked(RetentionRule(project=self.project), fields)
        return Response(DryRunOutput(retention.dry_run(self.project, rule)).data)


def _answer(rule: RetentionRule | None) -> Response:
    of = None if rule is None else str(rule.project or rule.org)
    return Response(RetentionOutput({"rule": rule, "of": of}).data)
