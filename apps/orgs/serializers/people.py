"""The shapes of people, keys and orgs in REST: what may be sent, and what comes back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework_simplejwt.settings import api_settings as jwt_settings

from apps.core.fields import TextField
from apps.core.rest import InputSerializer
from apps.orgs.models import Membership, Org, User

MAX_PASSWORD = 1024
MAX_TOKEN = 4096


# --- In ----------------------------------------------------------------------------------------
class RegisterInput(InputSerializer):
    """A new account."""

    username = TextField(max_length=63)
    email = serializers.EmailField(max_length=254)
    password = TextField(max_length=MAX_PASSWORD, trim_whitespace=False, write_only=True)
    name = TextField(max_length=150, required=False, allow_blank=True)


class LoginInput(InputSerializer):
    """Who somebody says they are. `username` may be their e-mail address, `otp` a code of theirs, if they have any."""

    username = TextField(max_length=254)
    password = TextField(max_length=MAX_PASSWORD, trim_whitespace=False, write_only=True)
    otp = TextField(max_length=32, required=False, allow_blank=True, write_only=True)


class RefreshInput(InputSerializer):
    """A refresh token."""

    refresh = TextField(max_length=MAX_TOKEN)


class ProfileChanges(InputSerializer):
    """What one may change of oneself. Fields that are not sent stay."""

    name = TextField(max_length=150, required=False, allow_blank=True)
    language = serializers.ChoiceField(["", *dict(settings.LANGUAGES)], required=False)
    theme = serializers.ChoiceField(User.Theme.choices, required=False)


class OrgInput(InputSerializer):
    """A new organisation."""

    slug = TextField(max_length=63)
    name = TextField(max_length=150, required=False, allow_blank=True)
    description = TextField(max_length=10_000, required=False, allow_blank=True)
    parent = TextField(max_length=63, required=False, allow_null=True)  # type: ignore[assignment]  # DRF takes it off


class OrgChanges(InputSerializer):
    """What may be changed of an organisation. Fields that are not sent stay."""

    name = TextField(max_length=150, required=False)
    description = TextField(max_length=10_000, required=False, allow_blank=True)


# --- Out ---------------------------------------------------------------------------------------
class TokenPairOutput(serializers.Serializer[Any]):
    """An access token, and the refresh token that buys the next pair, once."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    access_expires_in_s = serializers.SerializerMethodField()

    def get_access_expires_in_s(self, pair: Any) -> int:
        return int(jwt_settings.ACCESS_TOKEN_LIFETIME.total_seconds())


class MembershipOutput(serializers.Serializer[Membership]):
    """An organisation that one belongs to, and as what."""

    slug = serializers.CharField(source="org.slug")
    name = serializers.CharField(source="org.name")
    role = serializers.CharField(source="role_id")


class MeOutput(serializers.Serializer[User]):
    """Who asks. `org` is where a script logs when it names none: the personal organisation, or that of a service
    account. `orgs` are those that the actor of the context sees: a limited key is not told of the others."""

    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    org = serializers.CharField(source="home_org_slug")
    orgs = serializers.SerializerMethodField()
    language = serializers.CharField()
    theme = serializers.ChoiceField(User.Theme.choices)
    is_administrator = serializers.BooleanField(source="is_superuser")
    server = serializers.SerializerMethodField()

    @extend_schema_field(MembershipOutput(many=True))
    def get_orgs(self, user: User) -> list[dict[str, Any]]:
        seen = Org.objects.visible_to(self.context["actor"])
        memberships: Any = user.memberships.filter(org__in=seen).select_related("org")
        return list(MembershipOutput(memberships.order_by("org__slug"), many=True).data)

    def get_server(self, user: User) -> str:
        return str(settings.VERSION)


class OrgOutput(serializers.Serializer[Org]):
    """An organisation. `parent` is the one it lies in. `role` is one's own in it, null for an administrator who is
    no member."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    parent = serializers.CharField(  # type: ignore[assignment]  # DRF takes it off
        source="parent.slug", default=None, allow_null=True
    )
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)
    is_personal = serializers.BooleanField()
    role = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class OrgPageOutput(serializers.Serializer[Any]):
    """One page of organisations."""

    items = OrgOutput(many=True)
    next = serializers.CharField(allow_null=True)
