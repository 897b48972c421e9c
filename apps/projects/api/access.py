"""REST for who can reach a project."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs.permissions import Perm
from apps.projects.access_rest import PAGING, WHOSE, delete_access, list_access, put_access
from apps.projects.rest import ProjectAPIView
from apps.projects.serializers import AccessInput, AccessOutput
from apps.projects.sharing import Shared, shared_project


class ProjectAccessView(ProjectAPIView):
    """Who can reach a project, and what was given on it."""

    needs: ClassVar[dict[str, Perm]] = dict.fromkeys(("GET", "PUT", "DELETE"), Perm.PROJECT_SHARE)
    shared: Shared

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.shared = shared_project(self.actor, self.project)

    @extend_schema(parameters=PAGING, responses=AccessOutput)
    def get(self, request: Request, org: str, project: str) -> Response:
        """List the people who can reach a project, and by what, and the teams that were given something on it."""
        return Response(list_access(request, self.shared))

    @extend_schema(request=AccessInput, responses=AccessOutput)
    def put(self, request: Request, org: str, project: str) -> Response:
        """Give a person or team a level of sharing or a role, in place of what they had on this project.

        403 for more than one holds oneself; 404 `holder_not_found`.
        """
        put_access(request, self.shared)
        return Response(list_access(request, self.shared))

    @extend_schema(parameters=WHOSE, responses={204: None})
    def delete(self, request: Request, org: str, project: str) -> Response:
        """Take back what a person or team was given on this project. What their org gives them stays."""
        delete_access(request, self.shared)
        return Response(status=204)
