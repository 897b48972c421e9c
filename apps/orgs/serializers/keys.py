"""The shapes of API keys in REST: what may be sent, and what comes back."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.fields import TextField
from apps.core.rest import InputSerializer
from apps.orgs.models import ApiKey

DAY_S = 24 * 3600
WEEK_S = 7 * DAY_S


class KeyInput(InputSerializer):
    """A new API key. `only` names the organisation (`acme`) or project (`acme/mnist`) that it is for."""

    name = TextField(max_length=100)
    scope = serializers.ChoiceField(ApiKey.Scope.choices, default=ApiKey.Scope.FULL)
    only = TextField(max_length=200, required=False, allow_blank=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class KeyRotation(InputSerializer):
    """How long the old key still opens beside the new one: at most a week."""

    overlap_s = serializers.IntegerField(min_value=0, max_value=WEEK_S, default=DAY_S)


class KeyOutput(serializers.Serializer[ApiKey]):
    """An API key, without its secret. `replaced_by` is the key that it was rotated into."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    prefix = serializers.CharField()
    scope = serializers.ChoiceField(ApiKey.Scope.choices)
    only = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(source="ends_at", allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    replaced_by = serializers.IntegerField(source="replaced_by_id", allow_null=True)
    is_usable = serializers.BooleanField()


class NewKeyOutput(KeyOutput):
    """A key just made. `secret` is in this answer only."""

    secret = serializers.CharField()


class KeyListOutput(serializers.Serializer[Any]):
    items = KeyOutput(many=True)
