"""REST for what the groups of an issuer or directory give in an organisation."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import dump_many, parse
from apps.orgs import access
from apps.orgs.federation import groups
from apps.orgs.permissions import Perm
from apps.orgs.rest import OrgAPIView
from apps.orgs.serializers.federation import (
    GroupMappingInput,
    GroupMappingListOutput,
    GroupMappingOutput,
)
from apps.orgs.services.teams import require_can_let_in


class GroupMappingListView(OrgAPIView):
    """What groups give in an organisation."""

    needs: ClassVar[dict[str, Perm]] = {"GET": Perm.MEMBER_MANAGE, "POST": Perm.MEMBER_MANAGE}

    @extend_schema(responses=GroupMappingListOutput)
    def get(self, request: Request, org: str) -> Response:
        """List all mappings of the organisation, by group."""
        return Response({"items": dump_many(GroupMappingOutput, groups.mappings_of(self.org))})

    @extend_schema(request=GroupMappingInput, responses={201: GroupMappingOutput})
    def post(self, request: Request, org: str) -> Response:
        """Map a group to a role, and to a team. Whoever is known to be in the group gets both at once.

        One gives only what one has: 403 `role_above_yours`, `team_above_yours`.
        """
        wish = parse(GroupMappingInput, request.data)
        role = access.get_role(self.org, wish["role"])
        access.require_can_give(self.actor, self.org, role)
        team = access.get_team(self.org, wish["team"]) if wish.get("team") else None
        if team is not None:
            require_can_let_in(self.actor, team)
        mapping = groups.create_mapping(
            org=self.org, group=wish["group"], source=wish["source"], role=role, team=team
        )
        return Response(GroupMappingOutput(mapping).data, status=201)


class GroupMappingDetailView(OrgAPIView):
    """One mapping."""

    needs: ClassVar[dict[str, Perm]] = {"DELETE": Perm.MEMBER_MANAGE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str, mapping: int) -> Response:
        """Delete a mapping. Whoever had something by it alone loses that at once."""
        found = access.get_group_mapping(self.org, mapping)
        access.require_can_give(self.actor, self.org, found.role)
        groups.delete_mapping(found)
        return Response(status=204)
