"""REST for an organisation's service accounts and their keys."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import dump_many, parse, read_page
from apps.orgs import access, reach, services
from apps.orgs.permissions import Perm
from apps.orgs.rest import PAGING, OrgAPIView
from apps.orgs.serializers.keys import KeyListOutput, KeyOutput, NewKeyOutput
from apps.orgs.serializers.orgs import (
    ServiceAccountChanges,
    ServiceAccountInput,
    ServiceAccountOutput,
    ServiceAccountPageOutput,
    ServiceKeyInput,
)

MANAGED = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), Perm.SERVICE_MANAGE)


class ServiceAccountListView(OrgAPIView):
    """The service accounts of an organisation."""

    needs: ClassVar[dict[str, Perm]] = MANAGED

    @extend_schema(parameters=PAGING, responses=ServiceAccountPageOutput)
    def get(self, request: Request, org: str) -> Response:
        """List service accounts by username, a page at a time."""
        accounts = self.org.service_accounts.select_related("service_team")
        page, following = read_page(request, accounts, "username")
        return Response({"items": dump_many(ServiceAccountOutput, page), "next": following})

    @extend_schema(request=ServiceAccountInput, responses={201: ServiceAccountOutput})
    def post(self, request: Request, org: str) -> Response:
        """Make an account for a machine. 403 `role_above_yours` for a role that holds more than one's own."""
        data: dict[str, Any] = parse(ServiceAccountInput, request.data)
        data["role"] = access.get_role(self.org, data["role"])
        data["team"] = access.get_team(self.org, data["team"]) if "team" in data else None
        made = services.create_service_account(org=self.org, by=self.actor, **data)
        return Response(ServiceAccountOutput(made).data, status=201)


class ServiceAccountDetailView(OrgAPIView):
    """One service account."""

    needs: ClassVar[dict[str, Perm]] = MANAGED

    @extend_schema(responses=ServiceAccountOutput)
    def get(self, request: Request, org: str, account: str) -> Response:
        """Return a service account."""
        return Response(ServiceAccountOutput(access.get_service_account(self.org, account)).data)

    @extend_schema(request=ServiceAccountChanges, responses=ServiceAccountOutput)
    def patch(self, request: Request, org: str, account: str) -> Response:
        """Close an account, whose keys end at once, or open it again."""
        machine = access.get_service_account(self.org, account)
        changes = parse(ServiceAccountChanges, request.data)
        services.set_account_active(account=machine, by=self.actor, **changes)
        return Response(ServiceAccountOutput(machine).data)


class ServiceKeyListView(OrgAPIView):
    """The API keys of a service account."""

    needs: ClassVar[dict[str, Perm]] = MANAGED

    @extend_schema(responses=KeyListOutput)
    def get(self, request: Request, org: str, account: str) -> Response:
        """List its keys, the newest first, the revoked and expired ones too."""
        machine = access.get_service_account(self.org, account)
        keys = machine.api_keys.select_related("only_org")
        return Response({"items": dump_many(KeyOutput, reach.named(keys))})

    @extend_schema(request=ServiceKeyInput, responses={201: NewKeyOutput})
    def post(self, request: Request, org: str, account: str) -> Response:
        """Make a key. Its secret is in this answer only."""
        machine = access.get_service_account(self.org, account)
        services.require_control(account=machine, by=self.actor)
        key, secret = services.create_api_key(
            user=machine, made_with=self.actor.key_id, **parse(ServiceKeyInput, request.data)
        )
        (named,) = reach.named([key])
        body = {**KeyOutput(named).data, "secret": secret}
        return Response(body, status=201, headers={"Cache-Control": "no-store"})


class ServiceKeyDetailView(OrgAPIView):
    """One API key of a service account."""

    needs: ClassVar[dict[str, Perm]] = MANAGED

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str, account: str, account_key: int) -> Response:
        """Revoke a key at once. Repeating it changes nothing."""
        machine = access.get_service_account(self.org, account)
        services.require_control(account=machine, by=self.actor)
        services.revoke_api_key(key=access.get_key_of(machine, account_key))
        return Response(status=204)
