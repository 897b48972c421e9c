"""REST for one's API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import dump_many, parse
from apps.orgs import access, reach, services
from apps.orgs.models import ApiKey
from apps.orgs.permissions import Perm
from apps.orgs.rest import AccountAPIView
from apps.orgs.serializers.keys import (
    KeyInput,
    KeyListOutput,
    KeyOutput,
    KeyRotation,
    NewKeyOutput,
)


class KeyListView(AccountAPIView):
    """One's API keys."""

    needs: ClassVar[dict[str, Perm]] = {"GET": Perm.ACCOUNT_MANAGE, "POST": Perm.ACCOUNT_MANAGE}

    @extend_schema(responses=KeyListOutput)
    def get(self, request: Request) -> Response:
        """List one's keys, the newest first, the revoked and expired ones too."""
        keys = ApiKey.objects.owned_by(self.actor).select_related("only_org")
        return Response({"items": dump_many(KeyOutput, reach.named(keys))})

    @extend_schema(request=KeyInput, responses={201: NewKeyOutput})
    def post(self, request: Request) -> Response:
        """Make a key. Its secret is in this answer only; a key whose answer was lost is best revoked.

        With `only` it is for one organisation (`acme`) or one project (`acme/mnist`), and manages nothing of the
        account.
        """
        key, secret = services.create_api_key(
            user=access.get_self(self.actor),
            made_with=self.actor.key_id,
            **parse(KeyInput, request.data),
        )
        return _answer_new(key, secret)


class KeyDetailView(AccountAPIView):
    """One of one's API keys."""

    needs: ClassVar[dict[str, Perm]] = {"DELETE": Perm.ACCOUNT_MANAGE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: int) -> Response:
        """Revoke a key at once. Repeating it changes nothing."""
        services.revoke_api_key(key=access.get_own_key(self.actor, key))
        return Response(status=204)


class KeyRotateView(AccountAPIView):
    """A new key in the place of one of one's own."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.ACCOUNT_MANAGE}

    @extend_schema(request=KeyRotation, responses={201: NewKeyOutput})
    def post(self, request: Request, key: int) -> Response:
        """Replace a key. The old one still opens for `overlap_s` seconds, so that what uses it can be changed over.

        If the answer was lost, repeat it: as long as the new secret was never used, another one takes its place.
        409 `already_rotated` when it was, `key_ended` when the old key opens nothing any more.
        """
        fresh, secret = services.rotate_api_key(
            key=access.get_own_key(self.actor, key),
            overlap=timedelta(seconds=parse(KeyRotation, request.data)["overlap_s"]),
            made_with=self.actor.key_id,
        )
        return _answer_new(fresh, secret)


def _answer_new(key: ApiKey, secret: str) -> Response:
    (shown,) = reach.named([key])
    body = {**KeyOutput(shown).data, "secret": secret}
    return Response(body, status=201, headers={"Cache-Control": "no-store"})
