"""REST for an organisation's place in the tree, and its owner."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import parse
from apps.orgs import access, services
from apps.orgs.permissions import Perm
from apps.orgs.rest import OrgAPIView
from apps.orgs.serializers.orgs import OwnerInput, PlaceInput


class OrgPlaceView(OrgAPIView):
    """Where an organisation lies."""

    needs: ClassVar[dict[str, Perm]] = {"PUT": Perm.ORG_EDIT}

    @extend_schema(request=PlaceInput, responses={204: None})
    def put(self, request: Request, org: str) -> Response:
        """Put an organisation into another one, or on its own.

        Needs `org.edit` in it, in the one it leaves and in the one it comes into. 409 `cycle`, `too_deep`,
        `role_in_use` or `personal_org`.
        """
        slug = parse(PlaceInput, request.data)["parent"]
        parent = access.get_org(self.actor, slug, Perm.ORG_EDIT) if slug else None
        services.move_org(org=self.org, parent=parent, by=self.actor)
        return Response(status=204)


class OrgOwnerView(OrgAPIView):
    """Who owns an organisation."""

    needs: ClassVar[dict[str, Perm]] = {"PUT": Perm.ORG_EDIT}

    @extend_schema(request=OwnerInput, responses={204: None})
    def put(self, request: Request, org: str) -> Response:
        """Hand an organisation over to a member, who becomes an admin. Only its owner may."""
        heir = access.get_member(self.org, parse(OwnerInput, request.data)["username"])
        services.transfer_org(org=self.org, to=heir, by=self.actor)
        return Response(status=204)
