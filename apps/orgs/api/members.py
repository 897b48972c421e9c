"""REST for an organisation's members."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import dump_many, parse, read_page
from apps.orgs import access, members, services
from apps.orgs.models import User
from apps.orgs.permissions import Perm
from apps.orgs.rest import PAGING, OrgAPIView
from apps.orgs.serializers.orgs import MemberChanges, MemberOutput, MemberPageOutput

FILTERS = [
    OpenApiParameter("q", str, description="Words of the name, username or e-mail."),
    OpenApiParameter("role", str, description="Key of a role that they have."),
    OpenApiParameter("team", str, description="Slug of a team that they are in."),
]


class MemberListView(OrgAPIView):
    """Who belongs to an organisation."""

    @extend_schema(parameters=[*FILTERS, *PAGING], responses=MemberPageOutput)
    def get(self, request: Request, org: str) -> Response:
        """List members by username, a page at a time, those of the organisations above too."""
        chosen = {name: request.query_params.get(name, "") for name in ("role", "team")}
        words = request.query_params.get("q", "")
        people = members.search(self.org, words=words, **chosen)
        page, following = read_page(request, people, "username")
        found = members.described(self.org, page)
        return Response({"items": dump_many(MemberOutput, found), "next": following})


class MemberDetailView(OrgAPIView):
    """One member."""

    needs: ClassVar[dict[str, Perm]] = {"PATCH": Perm.MEMBER_MANAGE}

    @extend_schema(responses=MemberOutput)
    def get(self, request: Request, org: str, username: str) -> Response:
        """Return a member."""
        return Response(self._dump(access.get_member(self.org, username)))

    @extend_schema(request=MemberChanges, responses=MemberOutput)
    def patch(self, request: Request, org: str, username: str) -> Response:
        """Give a member another role; who belongs to an organisation above gets one here too.

        403 `role_above_yours` for a role that holds more than one's own; 409 `owner_stays` or `last_admin`.
        """
        user = access.get_member(self.org, username)
        changes = parse(MemberChanges, request.data)
        services.set_role(org=self.org, user=user, by=self.actor, **changes)
        return Response(self._dump(user))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str, username: str) -> Response:
        """End a membership: one's own, or, with `member.manage`, somebody's. Their runs stay."""
        if username == self.actor.username:
            access.require(self.actor, Perm.ACCOUNT_MANAGE)
        else:
            access.get_org(self.actor, org, Perm.MEMBER_MANAGE)
        user = access.get_member(self.org, username)
        services.remove_member(org=self.org, user=user, by=self.actor)
        return Response(status=204)

    def _dump(self, user: User) -> Any:
        return MemberOutput(members.described(self.org, [user])[0]).data
