"""The base of REST views: who asks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.errors import Unauthenticated
from apps.core.rest import MAX_PAGE
from apps.orgs import access
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.models import Org
from apps.orgs.permissions import Perm

PAGING = [
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    OpenApiParameter("limit", int, description=f"1 to {MAX_PAGE}; 50 if not given."),
]


class ActorAPIView(APIView):
    """A REST view that knows who asks. Anonymous requests get 401 unless `allows_anonymous`."""

    allows_anonymous: ClassVar[bool] = False
    actor: Actor

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before the rest: an error while the credentials are read must find an actor here.
        self.actor = ANONYMOUS
        self.actor = request.auth if isinstance(request.auth, Actor) else ANONYMOUS
        super().initial(request, *args, **kwargs)
        if self.actor.is_anonymous and not self.allows_anonymous:
            raise Unauthenticated(_("Sign in, or send an API key: Authorization: Bearer KEY."))


class AccountAPIView(ActorAPIView):
    """A REST view of one's own account. `needs` names the permission for each method; reading needs none."""

    needs: ClassVar[dict[str, Perm]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        need = self.needs.get(request.method or "")
        if need is not None:
            access.require(self.actor, need)


class OrgAPIView(ActorAPIView):
    """A REST view under `orgs/{org}`. `needs` names the permission for each method; reading is the default."""

    needs: ClassVar[dict[str, Perm]] = {}
    org: Org

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        need = self.needs.get(request.method or "", Perm.ORG_VIEW)
        self.org = access.get_org(self.actor, kwargs["org"], need)
