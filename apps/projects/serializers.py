"""The shapes of projects in REST: what may be sent, and what comes back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.core.fields import TextField
from apps.core.rest import InputSerializer
from apps.orgs.explain import Reason, Source
from apps.projects.audience import Given, Reach
from apps.projects.levels import Level
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


class AccessInput(InputSerializer):
    """To whom something is given, a person or a team, and what: a level of sharing or, on a project, a role."""

    user = TextField(max_length=254, required=False, help_text="A username or an e-mail address.")
    team = TextField(max_length=127, required=False, help_text="`org/team`.")
    level = serializers.ChoiceField(Level.choices, required=False)
    role = TextField(max_length=16, required=False, help_text="The key of a role, e.g. `viewer`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse none and both, of the two kinds each."""
        for pair in (("user", "team"), ("level", "role")):
            if len(attrs.keys() & set(pair)) != 1:
                message = f"Give either {pair[0]} or {pair[1]}."
                raise serializers.ValidationError({name: [message] for name in pair})
        return attrs


class ReasonOutput(serializers.Serializer[Reason]):
    """One grant: where it comes from, and what it gives."""

    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of this name, no argument
        [(source.value, source.value) for source in Source]
    )
    org = serializers.CharField(source="org.slug", default=None, allow_null=True)
    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    role = serializers.CharField(source="role.pk", default=None, allow_null=True)
    level = serializers.CharField(allow_blank=True)
    permissions = serializers.SerializerMethodField()
    since = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField(source="by.username", default=None, allow_null=True)

    def get_permissions(self, reason: Reason) -> list[str]:
        return sorted(reason.permissions)


class ReachOutput(serializers.Serializer[Reach]):
    """A person who can reach a project or run: by what, and what they may do in all."""

    user = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.display_name")
    is_service = serializers.BooleanField(source="user.is_service")
    level = serializers.CharField(allow_blank=True)
    permissions = serializers.SerializerMethodField()
    reasons = ReasonOutput(many=True)

    def get_permissions(self, reach: Reach) -> list[str]:
        return sorted(reach.permissions)


class TeamAccessOutput(serializers.Serializer[Given]):
    """A team that was given something on a project or run."""

    team = serializers.CharField(source="name")
    title = serializers.CharField(source="holder.title")
    members = serializers.IntegerField(source="member_count")
    role = serializers.CharField(source="role.pk", default=None, allow_null=True)
    level = serializers.CharField(allow_blank=True)
    permissions = serializers.SerializerMethodField()

    def get_permissions(self, given: Given) -> list[str]:
        return sorted(given.permissions)


class AccessOutput(serializers.Serializer[Any]):
    """A page of those who can reach a project or run, and the teams that were given something on it."""

    visibility = serializers.ChoiceField(Project.Visibility.choices)
    teams = TeamAccessOutput(many=True)
    items = ReachOutput(many=True)
    next = serializers.CharField(allow_null=True)
