"""The base of REST views under a project: an actor and the checked project."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.request import Request

from apps.orgs.permissions import Perm
from apps.orgs.rest import ActorAPIView
from apps.projects import access
from apps.projects.models import Project

__all__ = ["ActorAPIView", "ProjectAPIView"]


class ProjectAPIView(ActorAPIView):
    """A REST view under `{org}/{project}`. `needs` names the permission for each method; reading is the default."""

    allows_anonymous = True
    needs: ClassVar[dict[str, Perm]] = {}
    project: Project

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        need = self.needs.get(request.method or "", Perm.PROJECT_VIEW)
        self.project = access.get_project(self.actor, kwargs["org"], kwargs["project"], need)
