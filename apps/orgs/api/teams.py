"""REST for an organisation's teams."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import dump_many, parse, read_page
from apps.orgs import access, services
from apps.orgs.permissions import Perm
from apps.orgs.rest import PAGING, OrgAPIView
from apps.orgs.serializers.orgs import (
    TeamChanges,
    TeamInput,
    TeamMemberOutput,
    TeamMemberPageOutput,
    TeamOutput,
    TeamPageOutput,
)


class TeamListView(OrgAPIView):
    """The teams of an organisation."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.MEMBER_MANAGE}

    @extend_schema(parameters=PAGING, responses=TeamPageOutput)
    def get(self, request: Request, org: str) -> Response:
        """List teams by slug, a page at a time."""
        page, following = read_page(request, self.org.teams.all(), "slug")
        return Response({"items": dump_many(TeamOutput, page), "next": following})

    @extend_schema(request=TeamInput, responses={201: TeamOutput})
    def post(self, request: Request, org: str) -> Response:
        """Make a team. 409 `team_exists` when there is one of this slug."""
        team = services.create_team(org=self.org, **parse(TeamInput, request.data))
        return Response(TeamOutput(team).data, status=201)


class TeamDetailView(OrgAPIView):
    """One team."""

    needs: ClassVar[dict[str, Perm]] = {"PATCH": Perm.MEMBER_MANAGE, "DELETE": Perm.MEMBER_MANAGE}

    @extend_schema(responses=TeamOutput)
    def get(self, request: Request, org: str, team: str) -> Response:
        """Return a team."""
        return Response(TeamOutput(access.get_team(self.org, team)).data)

    @extend_schema(request=TeamChanges, responses=TeamOutput)
    def patch(self, request: Request, org: str, team: str) -> Response:
        """Change a team's title or description. Its slug stays."""
        changes = parse(TeamChanges, request.data)
        changed = services.update_team(team=access.get_team(self.org, team), **changes)
        return Response(TeamOutput(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str, team: str) -> Response:
        """Delete a team. Its members stay in the organisation and lose what the team was granted."""
        services.delete_team(team=access.get_team(self.org, team))
        return Response(status=204)


class TeamMemberListView(OrgAPIView):
    """Who is in a team."""

    @extend_schema(parameters=PAGING, responses=TeamMemberPageOutput)
    def get(self, request: Request, org: str, team: str) -> Response:
        """List a team's members by username, a page at a time."""
        people = access.get_team(self.org, team).user_set.all()
        page, following = read_page(request, people, "username")
        return Response({"items": dump_many(TeamMemberOutput, page), "next": following})


class TeamMemberDetailView(OrgAPIView):
    """Whether somebody is in a team."""

    needs: ClassVar[dict[str, Perm]] = {"PUT": Perm.MEMBER_MANAGE, "DELETE": Perm.MEMBER_MANAGE}

    @extend_schema(request=None, responses={204: None})
    def put(self, request: Request, org: str, team: str, username: str) -> Response:
        """Put a member of the organisation into a team. Repeating it changes nothing.

        403 `team_above_yours` for a team that was given more, on some project, than one holds oneself.
        """
        user = access.get_member(self.org, username)
        joined = access.get_team(self.org, team)
        services.join_team(team=joined, user=user, by=self.actor)
        return Response(status=204)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str, team: str, username: str) -> Response:
        """Take somebody out of a team. Repeating it changes nothing."""
        user = access.get_member(self.org, username)
        services.leave_team(team=access.get_team(self.org, team), user=user)
        return Response(status=204)
