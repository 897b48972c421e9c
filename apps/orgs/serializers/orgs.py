"""The shapes of members, teams, roles, invitations and service accounts in REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.fields import TextField
from apps.core.rest import InputSerializer
from apps.orgs.members import Member
from apps.orgs.models import ApiKey, Invitation, Membership, Role, Team, User
from apps.orgs.permissions import GRANTABLE

SLUG = 63


# --- In ----------------------------------------------------------------------------------------
class PlaceInput(InputSerializer):
    """Where an organisation shall lie: the slug of the one to put it into, or null for none."""

    parent = TextField(max_length=SLUG, allow_null=True)  # type: ignore[assignment]  # DRF takes it off


class OwnerInput(InputSerializer):
    """Who shall own an organisation."""

    username = TextField(max_length=SLUG)


class MemberChanges(InputSerializer):
    """What may be changed of a member."""

    role = TextField(max_length=16)


class TeamInput(InputSerializer):
    """A new team."""

    slug = TextField(max_length=SLUG)
    title = TextField(max_length=150, required=False, allow_blank=True)
    description = TextField(max_length=10_000, required=False, allow_blank=True)


class TeamChanges(InputSerializer):
    """What may be changed of a team. Fields that are not sent stay."""

    title = TextField(max_length=150, required=False)
    description = TextField(max_length=10_000, required=False, allow_blank=True)


class RoleInput(InputSerializer):
    """A role, whole: a new one, or what one becomes."""

    name = TextField(max_length=60)
    description = TextField(max_length=300, required=False, allow_blank=True, default="")
    permissions = serializers.ListField(
        child=serializers.ChoiceField(sorted(GRANTABLE)), allow_empty=False
    )


class InvitationInput(InputSerializer):
    """A new invitation. `max_uses` null: any number."""

    role = TextField(max_length=16)
    team = TextField(max_length=SLUG, required=False)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    max_uses = serializers.IntegerField(
        required=False, allow_null=True, default=1, min_value=1, max_value=1000
    )
    expires_at = serializers.DateTimeField()


class AcceptInput(InputSerializer):
    """The last part of an invitation's link."""

    token = TextField(max_length=100)


class ServiceAccountInput(InputSerializer):
    """A new account for a machine."""

    username = TextField(max_length=SLUG)
    name = TextField(max_length=150, required=False, allow_blank=True)
    role = TextField(max_length=16)
    team = TextField(max_length=SLUG, required=False)


class ServiceAccountChanges(InputSerializer):
    """What may be changed of a service account; its role is changed as that of other members."""

    is_active = serializers.BooleanField()


class ServiceKeyInput(InputSerializer):
    """A new API key of a service account."""

    name = TextField(max_length=100)
    scope = serializers.ChoiceField(ApiKey.Scope.choices, default=ApiKey.Scope.WRITE)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


# --- Out ---------------------------------------------------------------------------------------
class InheritedOutput(serializers.Serializer[Membership]):
    """A role that holds here since it was given in an organisation above."""

    org = serializers.CharField(source="org.slug")
    role = serializers.CharField(source="role_id")


class MemberOutput(serializers.Serializer[Member]):
    """Somebody who belongs to the organisation. `role` is null where they do through one above only."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.name")
    email = serializers.CharField(source="user.email")
    role = serializers.CharField(source="role.pk", default=None, allow_null=True)
    inherited = InheritedOutput(many=True)
    teams = serializers.SerializerMethodField()
    is_owner = serializers.BooleanField()
    is_service = serializers.BooleanField(source="user.is_service")
    is_active = serializers.BooleanField(source="user.is_active")
    active_at = serializers.DateTimeField(allow_null=True)

    def get_teams(self, member: Member) -> list[str]:
        return [team.slug for team in member.teams]


class MemberPageOutput(serializers.Serializer[Any]):
    """One page of members."""

    items = MemberOutput(many=True)
    next = serializers.CharField(allow_null=True)


class TeamOutput(serializers.Serializer[Team]):
    """A team."""

    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    created_at = serializers.DateTimeField()


class TeamPageOutput(serializers.Serializer[Any]):
    """One page of teams."""

    items = TeamOutput(many=True)
    next = serializers.CharField(allow_null=True)


class TeamMemberOutput(serializers.Serializer[User]):
    """Somebody in a team."""

    username = serializers.CharField()
    name = serializers.CharField()
    is_service = serializers.BooleanField()


class TeamMemberPageOutput(serializers.Serializer[Any]):
    """One page of a team's members."""

    items = TeamMemberOutput(many=True)
    next = serializers.CharField(allow_null=True)


class RoleOutput(serializers.Serializer[Role]):
    """A role that can be given here. `org` is the one that made it, null for a built-in role."""

    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    org = serializers.CharField(source="org.slug", default=None, allow_null=True)
    permissions = serializers.SerializerMethodField()

    def get_permissions(self, role: Role) -> list[str]:
        return sorted(role.perms)


class RolePageOutput(serializers.Serializer[Any]):
    """One page of roles."""

    items = RoleOutput(many=True)
    next = serializers.CharField(allow_null=True)


class InvitationOutput(serializers.Serializer[Invitation]):
    """An invitation, without its link."""

    id = serializers.IntegerField(source="pk")
    email = serializers.CharField()
    role = serializers.CharField(source="role_id")
    team = serializers.CharField(source="team.slug", default=None, allow_null=True)
    max_uses = serializers.IntegerField(allow_null=True)
    use_count = serializers.IntegerField()
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class NewInvitationOutput(InvitationOutput):
    """An invitation just made. `link` is in this answer only, null where it was mailed."""

    link = serializers.CharField(allow_null=True)


class InvitationPageOutput(serializers.Serializer[Any]):
    """One page of open invitations."""

    items = InvitationOutput(many=True)
    next = serializers.CharField(allow_null=True)


class ServiceAccountOutput(serializers.Serializer[User]):
    """An account for a machine."""

    username = serializers.CharField()
    name = serializers.CharField()
    team = serializers.CharField(source="service_team.slug", default=None, allow_null=True)
    is_active = serializers.BooleanField()
    created_at = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DateTimeField())
    def get_created_at(self, account: User) -> datetime:
        return account.date_joined


class ServiceAccountPageOutput(serializers.Serializer[Any]):
    """One page of service accounts."""

    items = ServiceAccountOutput(many=True)
    next = serializers.CharField(allow_null=True)
