"""The shapes of group mappings in REST: what may be sent, and what comes back."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.fields import TextField
from apps.core.rest import InputSerializer
from apps.orgs.models import GroupMapping

SOURCES = ("", "oidc", "ldap", "saml", "scim")


class GroupMappingInput(InputSerializer):
    """A new mapping. Without `source` it holds for a group of this name wherever it comes from."""

    group = TextField(max_length=255)
    source = serializers.ChoiceField(SOURCES, default="")  # type: ignore[assignment]  # a name that Field has too
    role = TextField(max_length=16)
    team = TextField(max_length=63, required=False, allow_blank=True)


class GroupMappingOutput(serializers.Serializer[GroupMapping]):
    """That whoever is in `group` has `role` in the organisation, and is in `team`."""

    id = serializers.IntegerField(source="pk")
    source = serializers.CharField()  # type: ignore[assignment]  # a name that Field has too
    group = serializers.CharField()
    role = serializers.CharField(source="role_id")
    team = serializers.CharField(source="team.slug", default=None, allow_null=True)
    created_at = serializers.DateTimeField()


class GroupMappingListOutput(serializers.Serializer[Any]):
    items = GroupMappingOutput(many=True)
