"""The base of REST views: an actor, and for those under a project the checked project."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.errors import Unauthenticated
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.permissions import Perm
from apps.projects import access
from apps.projects.models import Project


class ActorAPIView(APIView):
    """A REST view that knows who asks. Anonymous requests get 401 unless `allows_anonymous`."""

    allows_anonymous: ClassVar[bool] = False
    actor: Actor

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.actor = request.auth if isinstance(request.auth, Actor) else ANONYMOUS
        super().initial(request, *args, **kwargs)
        if self.actor.is_anonymous and not self.allows_anonymous:
            raise Unauthenticated("Sign in, or send an API key: Authorization: Bearer KEY.")


class ProjectAPIView(ActorAPIView):
    """A REST view under `{org}/{project}`. `needs` names the permission for each method; reading is the default."""

    allows_anonymous = True
    needs: ClassVar[dict[str, Perm]] = {}
    project: Project

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        need = self.needs.get(request.method or "", Perm.PROJECT_VIEW)
        self.project = access.get_project(self.actor, kwargs["org"], kwargs["project"], need)
