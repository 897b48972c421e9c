"""What an entry looks like in REST and in exports."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.audit.models import Entry


class EntryOutput(serializers.Serializer[Entry]):
    """One thing that happened."""

    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField(source="timestamp")
    action = serializers.CharField(help_text="Such as `run.update` or `member.add`.")
    actor = serializers.CharField(source="actor_name", help_text="The username at that time.")
    actor_id = serializers.IntegerField(allow_null=True)
    key_id = serializers.IntegerField(allow_null=True)
    door = serializers.CharField(help_text="`page`, `rest`, `stream`, `admin`, `task` and so on.")
    address = serializers.CharField(source="remote_addr", allow_null=True)
    client = serializers.CharField(help_text="The user agent; of a task or command, its name.")
    object_type = serializers.CharField()
    object_id = serializers.CharField(source="object_pk")
    object = serializers.CharField(source="object_repr")
    org_id = serializers.IntegerField(allow_null=True)
    project_id = serializers.IntegerField(allow_null=True)
    changes = serializers.JSONField(
        allow_null=True, help_text="For each field the values before and after."
    )
    details = serializers.JSONField(source="additional_data", allow_null=True)


class EntryPageOutput(serializers.Serializer[Any]):
    """A page of the log, the newest first."""

    items = EntryOutput(many=True)
    next = serializers.CharField(allow_null=True)
