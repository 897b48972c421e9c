"""REST for an organisation's roles."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import dump_many, parse, read_page
from apps.orgs import access, services
from apps.orgs.models import Role
from apps.orgs.permissions import Perm
from apps.orgs.rest import PAGING, OrgAPIView
from apps.orgs.serializers.orgs import RoleInput, RoleOutput, RolePageOutput


class RoleListView(OrgAPIView):
    """The roles that can be given in an organisation."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.ROLE_MANAGE}

    @extend_schema(parameters=PAGING, responses=RolePageOutput)
    def get(self, request: Request, org: str) -> Response:
        """List the built-in roles, its own and those of the organisations above, a page at a time."""
        roles = Role.objects.usable_in(self.org).select_related("org")
        page, following = read_page(request, roles.prefetch_related("permissions"), "key")
        return Response({"items": dump_many(RoleOutput, page), "next": following})

    @extend_schema(request=RoleInput, responses={201: RoleOutput})
    def post(self, request: Request, org: str) -> Response:
        """Make a role. 403 `role_above_yours` for a permission that one lacks."""
        made = services.create_role(org=self.org, by=self.actor, **parse(RoleInput, request.data))
        return Response(RoleOutput(made).data, status=201)


class RoleDetailView(OrgAPIView):
    """One role."""

    needs: ClassVar[dict[str, Perm]] = {"PUT": Perm.ROLE_MANAGE, "DELETE": Perm.ROLE_MANAGE}

    @extend_schema(responses=RoleOutput)
    def get(self, request: Request, org: str, role: str) -> Response:
        """Return a role."""
        return Response(RoleOutput(access.get_role(self.org, role)).data)

    @extend_schema(request=RoleInput, responses=RoleOutput)
    def put(self, request: Request, org: str, role: str) -> Response:
        """Change one of its own roles, for all who hold it. Send it whole."""
        changes = parse(RoleInput, request.data)
        own = access.get_own_role(self.org, role)
        return Response(RoleOutput(services.update_role(role=own, by=self.actor, **changes)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str, role: str) -> Response:
        """Delete one of its own roles. 409 `role_in_use` says who holds it."""
        services.delete_role(role=access.get_own_role(self.org, role), by=self.actor)
        return Response(status=204)
