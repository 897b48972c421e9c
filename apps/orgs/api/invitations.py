"""REST for invitations to an organisation."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import dump_many, parse, read_page
from apps.orgs import access, services
from apps.orgs.http import address_of
from apps.orgs.models import Invitation
from apps.orgs.permissions import Perm
from apps.orgs.rest import PAGING, AccountAPIView, OrgAPIView
from apps.orgs.serializers.orgs import (
    AcceptInput,
    InvitationInput,
    InvitationOutput,
    InvitationPageOutput,
    NewInvitationOutput,
)


class InvitationListView(OrgAPIView):
    """The open invitations to an organisation."""

    needs: ClassVar[dict[str, Perm]] = {"GET": Perm.MEMBER_MANAGE, "POST": Perm.MEMBER_MANAGE}

    @extend_schema(parameters=PAGING, responses=InvitationPageOutput)
    def get(self, request: Request, org: str) -> Response:
        """List the invitations that can still be accepted, the oldest first, a page at a time."""
        invitations = Invitation.objects.in_org(self.org).open()
        related = invitations.select_related("team", "created_by")
        page, following = read_page(request, related, "pk", int)
        return Response({"items": dump_many(InvitationOutput, page), "next": following})

    @extend_schema(request=InvitationInput, responses={201: NewInvitationOutput})
    def post(self, request: Request, org: str) -> Response:
        """Invite one address, or whoever has the link.

        One with an e-mail is sent there where the server sends mail; else its link is in this answer only.
        """
        data: dict[str, Any] = parse(InvitationInput, request.data)
        data["role"] = access.get_role(self.org, data["role"])
        data["team"] = access.get_team(self.org, data["team"]) if "team" in data else None
        made, token = services.create_invitation(org=self.org, by=self.actor, **data)
        link = address_of(request._request, reverse("orgs:invite", args=[token]))
        is_sent = (
            bool(made.email)
            and settings.MAIL_IS_SENT
            and services.mail_invitation(invitation=made, link=link)
        )
        body = {**InvitationOutput(made).data, "link": None if is_sent else link}
        return Response(body, status=201, headers={"Cache-Control": "no-store"})


class InvitationDetailView(OrgAPIView):
    """One invitation."""

    needs: ClassVar[dict[str, Perm]] = {"DELETE": Perm.MEMBER_MANAGE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str, invitation: int) -> Response:
        """Revoke an invitation. Repeating it changes nothing."""
        services.revoke_invitation(invitation=access.get_invitation(self.org, invitation))
        return Response(status=204)


class AcceptView(AccountAPIView):
    """Accepting an invitation."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.ACCOUNT_MANAGE}

    @extend_schema(request=AcceptInput, responses=InvitationOutput)
    def post(self, request: Request) -> Response:
        """Become a member as an invitation says.

        404 `invitation_not_found`; 410 `invitation_used`, `invitation_expired`, `invitation_revoked` or
        `invitation_void`; 403 `wrong_address`; 409 `already_member`.
        """
        digest = Invitation.digest_of(parse(AcceptInput, request.data)["token"])
        user = access.get_self(self.actor)
        accepted = services.accept_invitation(digest=digest, user=user)
        return Response(InvitationOutput(accepted).data)
