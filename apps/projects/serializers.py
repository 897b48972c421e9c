"""The shapes of projects in REST: what may be sent, and what comes back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.core.fields import TextField
from apps.core.rest import InputSerializer
from apps.projects.models import Project


class ProjectChanges(InputSerializer):
    """What may be changed of a project. Fields that are not sent stay."""

    slug = TextField(max_length=128, required=False, trim_whitespace=False)
    name = TextField(max_length=200, required=False, allow_blank=True)
    description = TextField(max_length=100_000, required=False, allow_blank=True)
    visibility = serializers.ChoiceField(Project.Visibility.choices, required=False)
    tags = serializers.ListField(child=TextField(allow_blank=True), required=False)


class ProjectInput(ProjectChanges):
    """A new project. `org` is one's own organisation if it is not given."""

    org = TextField(max_length=63, required=False)
    slug = TextField(max_length=128, trim_whitespace=False)


class ProjectOutput(serializers.Serializer[Project]):
    """A project."""

    org = serializers.CharField(source="org.slug")
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    visibility = serializers.ChoiceField(Project.Visibility.choices)
    tags = serializers.ListField(child=serializers.CharField())
    user = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    def get_url(self, project: Project) -> str:
        path = project.get_absolute_url()
        if settings.BASE_URL:
            return str(settings.BASE_URL).rstrip("/") + path
        request = self.context.get("request")
        return str(request.build_absolute_uri(path)) if request else path


class ProjectPageOutput(serializers.Serializer[Any]):
    """One page of projects."""

    items = ProjectOutput(many=True)
    next = serializers.CharField(allow_null=True)
