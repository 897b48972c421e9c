"""REST for runs."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Invalid
from apps.core.rest import decode_cursor, dump_many, encode_cursor, parse, read_limit
from apps.orgs.permissions import Perm
from apps.orgs.rest import ActorAPIView
from apps.projects import quotas
from apps.projects.access_rest import PAGING, WHOSE, delete_access, list_access, put_access
from apps.projects.rest import ProjectAPIView
from apps.projects.serializers import AccessInput, AccessOutput
from apps.projects.sharing import Shared
from apps.runs import access, search, services, why
from apps.runs.models import Run
from apps.runs.rest import RunAPIView
from apps.runs.serializers import (
    ColumnOutput,
    ColumnPageOutput,
    ConfigChangeOutput,
    FinishInput,
    RunChanges,
    RunDetailOutput,
    RunInput,
    RunOutput,
    RunPageOutput,
    WhyOutput,
)
from apps.runs.sharing import shared_run

PAGE = 50
MAX_PAGE = 500
MAX_COLUMNS = 1_000
EXPANDABLE = frozenset({"git", "environment"})
MAX_CREATION_KEY = 64


class RunListView(ProjectAPIView):
    """The runs of a project."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.RUN_WRITE}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "q",
                str,
                description="A query, e.g. `state = running and config.lr < 1e-3`, the same as a JSON tree, "
                "or words that are in the name, the ID or a tag.",
            ),
            OpenApiParameter(
                "order", str, description="A field, e.g. `-created` or `summary.val/acc`."
            ),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
            OpenApiParameter("limit", int, description=f"1 to {MAX_PAGE}; {PAGE} if not given."),
            OpenApiParameter(
                "expand", str, enum=["documents"], description="Git and environment too."
            ),
        ],
        responses=RunPageOutput,
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        """List the runs that match `q` in the given order, a page at a time."""
        expand = _read_expand(request)
        page = search.page(
            self.project,
            query=request.query_params.get("q", ""),
            order=request.query_params.get("order", search.DEFAULT_ORDER),
            cursor=request.query_params.get("cursor"),
            limit=read_limit(request, PAGE, MAX_PAGE),
            is_detailed=bool(expand),
        )
        output = RunDetailOutput if expand else RunOutput
        items = dump_many(output, page.runs, request=request, expand=expand)
        return Response(
            {
                "items": items,
                "next": page.next_cursor,
                "count": page.count,
                "count_is_capped": page.count_is_capped,
                "hints": page.hints,
            }
        )

    @extend_schema(
        request=RunInput,
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        responses={200: RunDetailOutput, 201: RunDetailOutput},
    )
    def post(self, request: Request, org: str, project: str) -> Response:
        """Create a run (201), or resume one (200).

        With an `Idempotency-Key` the request may be repeated: it answers the same run with 200. Without
        `id` the server makes one. 409 `run_exists`, 404 `run_not_found` (resume "must"), 410 `run_deleted`,
        403 `quota_exceeded`. Near a limit the answer has a header `X-Quota-Warning`.
        """
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > MAX_CREATION_KEY:
            raise Invalid(f"Idempotency-Key has at most {MAX_CREATION_KEY} characters.")
        new = services.NewRun(**parse(RunInput, request.data), creation_key=key)
        run, is_new = services.create_run(project=self.project, actor=self.actor, new=new)
        near = quotas.nearest(quotas.limits_on(self.project))
        headers = {quotas.WARNING_HEADER: near.header} if near else {}
        return Response(_detail(run, request), status=201 if is_new else 200, headers=headers)


class ColumnListView(ProjectAPIView):
    """The fields that a project's runs have."""

    @extend_schema(
        parameters=[
            OpenApiParameter("search", str, description="A part of the field's path."),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
            OpenApiParameter("limit", int, description=f"1 to {MAX_COLUMNS}."),
        ],
        responses=ColumnPageOutput,
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        """List the fields of config, summary, system and git, and how many runs have each, by type."""
        cursor = request.query_params.get("cursor")
        after = None if cursor is None else tuple(decode_cursor(cursor, str, str))
        columns, following = search.columns(
            self.project,
            search=request.query_params.get("search", ""),
            after=after,
            limit=read_limit(request, MAX_COLUMNS, MAX_COLUMNS),
        )
        return Response(
            {
                "items": dump_many(ColumnOutput, columns),
                "next": encode_cursor([*following]) if following else None,
            }
        )


class RunLookupView(ActorAPIView):
    """A run by its short ID."""

    allows_anonymous = True

    @extend_schema(responses=RunDetailOutput)
    def get(self, request: Request, org: str, project: str, run: str) -> Response:
        """Return the run of this ID in this project."""
        return Response(_detail(access.get_run_at(self.actor, org, project, run), request))


class RunDetailView(RunAPIView):
    """One run."""

    needs: ClassVar[dict[str, Perm]] = {"PATCH": Perm.RUN_WRITE, "DELETE": Perm.RUN_DELETE}

    @extend_schema(responses=RunDetailOutput)
    def get(self, request: Request, run: str) -> Response:
        """Return a run with all its documents."""
        return Response(_detail(self.run, request))

    @extend_schema(request=RunChanges, responses=RunDetailOutput)
    def patch(self, request: Request, run: str) -> Response:
        """Change what a person may change of a run. Fields that are not sent stay."""
        services.update_run(
            run=self.run, author_id=self.actor.user_id, **parse(RunChanges, request.data)
        )
        return Response(_detail(self.run, request))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, run: str) -> Response:
        """Put a run in the trash."""
        services.delete_run(run=self.run)
        return Response(status=204)


class RunAccessView(RunAPIView):
    """Who can reach a run, and what was given on it."""

    needs: ClassVar[dict[str, Perm]] = dict.fromkeys(("GET", "PUT", "DELETE"), Perm.PROJECT_SHARE)
    shared: Shared

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.shared = shared_run(self.actor, self.run)

    @extend_schema(parameters=PAGING, responses=AccessOutput)
    def get(self, request: Request, run: str) -> Response:
        """List the people who can reach a run, and by what, and the teams that were given something on it."""
        return Response(list_access(request, self.shared))

    @extend_schema(request=AccessInput, responses=AccessOutput)
    def put(self, request: Request, run: str) -> Response:
        """Share a run alone with a person or team, at a level, in place of what they had on it.

        403 for more than one holds oneself; 404 `holder_not_found`.
        """
        put_access(request, self.shared)
        return Response(list_access(request, self.shared))

    @extend_schema(parameters=WHOSE, responses={204: None})
    def delete(self, request: Request, run: str) -> Response:
        """Take back what a person or team was given on this run. What they hold on its project stays."""
        delete_access(request, self.shared)
        return Response(status=204)


class AccessWhyView(ProjectAPIView):
    """Why somebody may do something, or why not."""

    needs: ClassVar[dict[str, Perm]] = {"GET": Perm.PROJECT_SHARE}

    @extend_schema(
        parameters=[
            OpenApiParameter("user", str, required=True, description="A username or an e-mail."),
            OpenApiParameter("permission", str, required=True, enum=why.ASKABLE),
            OpenApiParameter("run", str, description="The ID of a run of the project."),
            OpenApiParameter("key", int, description="The number of one of one's own API keys."),
        ],
        responses=WhyOutput,
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        """Name the grants that let somebody do something on a project, a run of it or in its organisation.

        `weaker` are grants that do not hold the permission; `limits` take it away whatever grants it.
        """
        asked = {
            name: request.query_params.get(name, "")
            for name in ("user", "permission", "run", "key")
        }
        return Response(WhyOutput(why.explain(self.actor, self.project, **asked)).data)


class RunFinishView(RunAPIView):
    """The end of a run."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.RUN_WRITE}

    @extend_schema(request=FinishInput, responses=RunDetailOutput)
    def post(self, request: Request, run: str) -> Response:
        """End a run. Ending it again changes nothing."""
        services.finish_run(run=self.run, **parse(FinishInput, request.data))
        return Response(_detail(self.run, request))


class RunRestoreView(RunAPIView):
    """The way out of the trash."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.RUN_DELETE}
    in_trash = True

    @extend_schema(request=None, responses=RunDetailOutput)
    def post(self, request: Request, run: str) -> Response:
        """Take a run out of the trash."""
        services.restore_run(run=self.run)
        return Response(_detail(self.run, request))


class ConfigHistoryView(RunAPIView):
    """Every change of a run's config."""

    @extend_schema(responses=ConfigChangeOutput(many=True))
    def get(self, request: Request, run: str) -> Response:
        """List the versions of a run's config, oldest first: what was set and deleted, when and by whom."""
        changes = self.run.config_changes.select_related("author")
        return Response({"items": dump_many(ConfigChangeOutput, changes)})


def _read_expand(request: Request) -> set[str]:
    words = set(filter(None, request.query_params.get("expand", "").split(",")))
    if words - EXPANDABLE:
        known = ", ".join(sorted(EXPANDABLE))
        raise Invalid(f"expand accepts {known}.", fields={"expand": sorted(words - EXPANDABLE)})
    return words


def _detail(run: Run, request: Request) -> dict[str, Any]:
    fresh = access.get_run_in(run.project, run.short_id)
    return dict(RunDetailOutput(fresh, context={"request": request}).data)
