"""REST for projects."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import decode_cursor, dump_many, encode_cursor, parse, read_limit
from apps.core.text import is_storable
from apps.orgs.access import get_org
from apps.orgs.permissions import Perm
from apps.orgs.rest import ActorAPIView
from apps.projects import services
from apps.projects.models import Project
from apps.projects.rest import ProjectAPIView
from apps.projects.serializers import (
    ProjectChanges,
    ProjectInput,
    ProjectOutput,
    ProjectPageOutput,
)

PAGE = 50
MAX_PAGE = 500


class ProjectListView(ActorAPIView):
    """The projects that one can see."""

    allows_anonymous = True

    @extend_schema(
        parameters=[
            OpenApiParameter("org", str, description="Only those of this organisation."),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
            OpenApiParameter("limit", int, description=f"1 to {MAX_PAGE}; {PAGE} if not given."),
        ],
        responses=ProjectPageOutput,
    )
    def get(self, request: Request) -> Response:
        """List projects, the newest first, a page at a time. Without signing in: those open to everybody."""
        limit = read_limit(request, PAGE, MAX_PAGE)
        projects = Project.objects.visible_to(self.actor).select_related("org", "created_by")
        org = request.query_params.get("org")
        if org is not None:
            projects = projects.filter(org__slug=org) if is_storable(org) else projects.none()
        cursor = request.query_params.get("cursor")
        if cursor:
            (last,) = decode_cursor(cursor, int)
            projects = projects.filter(pk__lt=last)
        found = list(projects.order_by("-pk")[: limit + 1])
        following = encode_cursor([found[limit - 1].pk]) if len(found) > limit else None
        items = dump_many(ProjectOutput, found[:limit], request=request)
        return Response({"items": items, "next": following})

    @extend_schema(request=ProjectInput, responses={201: ProjectOutput})
    def post(self, request: Request) -> Response:
        """Make a project. 409 `project_exists` when there is one of this name: sent twice, nothing is lost."""
        fields = parse(ProjectInput, request.data)
        slug = fields.pop("org", None) or self.actor.username
        org = get_org(self.actor, slug, Perm.PROJECT_CREATE)
        project = services.create_project(actor=self.actor, org=org, **fields)
        return Response(_dump(project, request), status=201)


class ProjectDetailView(ProjectAPIView):
    """One project."""

    needs: ClassVar[dict[str, Perm]] = {"PATCH": Perm.PROJECT_EDIT, "DELETE": Perm.PROJECT_DELETE}

    @extend_schema(responses=ProjectOutput)
    def get(self, request: Request, org: str, project: str) -> Response:
        """Return a project."""
        return Response(_dump(self.project, request))

    @extend_schema(request=ProjectChanges, responses=ProjectOutput)
    def patch(self, request: Request, org: str, project: str) -> Response:
        """Change a project. A new slug takes effect at once: addresses with the old one answer 404."""
        changes = parse(ProjectChanges, request.data)
        changed = services.update_project(project=self.project, **changes)
        return Response(_dump(changed, request))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, org: str, project: str) -> Response:
        """Put a project with its runs in the trash, where an administrator can restore it. Its name is free again."""
        services.delete_project(project=self.project)
        return Response(status=204)


def _dump(project: Project, request: Request) -> Any:
    return ProjectOutput(project, context={"request": request}).data
