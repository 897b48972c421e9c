"""The shapes of runs in REST: what may be sent, and what comes back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.core import json_values
from apps.core.rest import InputSerializer
from apps.projects.serializers import ReasonOutput
from apps.runs.models import ConfigChange, Run
from apps.runs.search import Column
from apps.runs.why import Answer

END_STATES = [Run.State.FINISHED, Run.State.FAILED, Run.State.KILLED]


class StrictCharField(serializers.CharField):
    """Text, and nothing else that could be turned into text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("This has to be text.")
        return super().to_internal_value(data)


class RunInput(InputSerializer):
    """The body that creates or resumes a run."""

    id = StrictCharField(source="short_id", required=False, max_length=64)
    name = StrictCharField(required=False, max_length=200)
    group = StrictCharField(required=False, allow_blank=True, max_length=200)
    job_type = StrictCharField(required=False, allow_blank=True, max_length=200)
    notes = StrictCharField(required=False, allow_blank=True, max_length=100_000)
    tags = serializers.ListField(child=StrictCharField(), required=False)
    config = serializers.DictField(required=False)
    git = serializers.DictField(required=False)
    environment = serializers.DictField(required=False)
    resume = serializers.ChoiceField(["never", "allow", "must"], required=False)
    started_at = serializers.DateTimeField(required=False)


class RunChanges(InputSerializer):
    """The body that changes a run. `config` and `summary` are merged in; `*_delete` remove."""

    name = StrictCharField(required=False, max_length=200)
    group = StrictCharField(required=False, allow_blank=True, max_length=200)
    job_type = StrictCharField(required=False, allow_blank=True, max_length=200)
    notes = StrictCharField(required=False, allow_blank=True, max_length=100_000)
    tags = serializers.ListField(child=StrictCharField(), required=False)
    config = serializers.DictField(required=False)
    config_delete = serializers.ListField(
        child=serializers.ListField(child=StrictCharField(), min_length=1), required=False
    )
    summary = serializers.DictField(required=False)
    summary_delete = serializers.ListField(child=StrictCharField(), required=False)


class FinishInput(InputSerializer):
    """How a run ended."""

    exit_code = serializers.IntegerField(required=False, min_value=-(2**31), max_value=2**31 - 1)
    state = serializers.ChoiceField(END_STATES, required=False)


class RunOutput(serializers.Serializer[Run]):
    """A run. NaN and infinities in config and summary are the strings "NaN", "Infinity", "-Infinity"."""

    uid = serializers.CharField()
    id = serializers.CharField(source="short_id")
    number = serializers.IntegerField()
    name = serializers.CharField()
    org = serializers.CharField(source="project.org.slug")
    project = serializers.CharField(source="project.slug")
    state = serializers.ChoiceField(Run.State.choices)
    group = serializers.CharField()
    job_type = serializers.CharField()
    user = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    tags = serializers.ListField(source="tag_names", child=serializers.CharField())
    notes = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    heartbeat_at = serializers.DateTimeField()
    duration_s = serializers.FloatField()
    exit_code = serializers.IntegerField(allow_null=True)
    last_step = serializers.IntegerField(allow_null=True)
    config = serializers.SerializerMethodField()
    config_version = serializers.IntegerField(source="document.config_version")
    summary = serializers.SerializerMethodField()
    definitions = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    def get_config(self, run: Run) -> dict[str, Any]:
        return _decoded(run.document.config)

    def get_summary(self, run: Run) -> dict[str, Any]:
        return _decoded(run.document.summary)

    def get_definitions(self, run: Run) -> dict[str, Any]:
        return _decoded(run.document.definitions)

    def get_url(self, run: Run) -> str:
        path = run.get_absolute_url()
        if settings.BASE_URL:
            return settings.BASE_URL.rstrip("/") + path
        request = self.context.get("request")
        return str(request.build_absolute_uri(path)) if request else path


class RunDetailOutput(RunOutput):
    """A run with where its code came from and what it ran on."""

    git = serializers.SerializerMethodField()
    environment = serializers.SerializerMethodField()

    def to_representation(self, run: Run) -> dict[str, Any]:
        """Leave out what a list was not asked to `expand`."""
        shown = super().to_representation(run)
        wanted = self.context.get("expand", {"git", "environment"})
        return {
            name: item
            for name, item in shown.items()
            if name not in {"git", "environment"} - wanted
        }

    def get_git(self, run: Run) -> dict[str, Any]:
        return _decoded(run.document.git)

    def get_environment(self, run: Run) -> dict[str, Any]:
        return _decoded(run.document.environment)


class RunPageOutput(serializers.Serializer[Any]):
    """One page of runs. `count` is null where a cursor was given; where it is capped there are more.

    `hints` are sentences on fields of the query that no run has.
    """

    items = RunOutput(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(allow_null=True)
    count_is_capped = serializers.BooleanField()
    hints = serializers.ListField(child=serializers.CharField())


class ColumnOutput(serializers.Serializer[Column]):
    """A field that runs have: how many of them, by type, and which statistics of it there are."""

    field = serializers.CharField()
    types = serializers.DictField(child=serializers.IntegerField())
    runs = serializers.IntegerField()
    statistics = serializers.ListField(child=serializers.CharField())


class ColumnPageOutput(serializers.Serializer[Any]):
    """Some fields, by source and path."""

    items = ColumnOutput(many=True)
    next = serializers.CharField(allow_null=True)


class ConfigChangeOutput(serializers.Serializer[ConfigChange]):
    """One version of a run's config."""

    version = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
    user = serializers.CharField(source="author.username", default=None, allow_null=True)
    set = serializers.SerializerMethodField()
    delete = serializers.ListField(source="deleted_paths")

    def get_set(self, change: ConfigChange) -> dict[str, Any]:
        return _decoded(change.set_values)


def _decoded(document: Any) -> dict[str, Any]:
    return dict(json_values.decode(document))


class WhyOutput(serializers.Serializer[Answer]):
    """Why somebody may do something, or why not."""

    user = serializers.CharField(source="person.username")
    permission = serializers.CharField(source="explanation.perm")
    is_allowed = serializers.BooleanField(source="explanation.is_allowed")
    reasons = ReasonOutput(source="explanation.reasons", many=True)
    weaker = ReasonOutput(source="explanation.weaker", many=True)
    limits = serializers.ListField(source="explanation.limits", child=serializers.CharField())
