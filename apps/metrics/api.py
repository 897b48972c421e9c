"""REST for points, rows and console lines. Writing them is the stream route's (ingest.py)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.services import record
from apps.core import json_values
from apps.core.errors import Invalid
from apps.core.rest import parse, read_limit
from apps.metrics import frame, history, serializers, store
from apps.metrics.store import Answer, Kind, Query, RunRef
from apps.orgs.actor import Actor
from apps.orgs.permissions import Perm
from apps.orgs.rest import ActorAPIView
from apps.projects.models import Project
from apps.projects.rest import ProjectAPIView
from apps.runs.models import Run
from apps.runs.rest import RunAPIView

KINDS = {"rows": Kind.ROWS, "system": Kind.SYSTEM}
PAGE_ROWS, MAX_PAGE_ROWS = 1_000, 10_000
PAGE_LINES, MAX_PAGE_LINES = 1_000, 50_000
INT64_MAX = 2**63 - 1
KIND = OpenApiParameter("kind", str, enum=list(KINDS), description="`rows` if not given.")
LINES_RESPONSE = {
    (200, "application/json"): serializers.LinesOutput,
    (200, "application/octet-stream"): OpenApiTypes.BINARY,
    (200, "text/csv"): OpenApiTypes.STR,
}


def answer_lines(request: Request, answer: Answer, form: str) -> HttpResponse:
    """Return lines in the wanted form; 304 when the client has them already."""
    if form == "frame":
        body = frame.pack_frame(answer.axis, answer.series, answer.zeros)
        return _tagged(request, body, "application/octet-stream")
    if form == "csv":
        return _tagged(request, frame.pack_csv(answer.axis, answer.series), "text/csv")
    body = frame.pack_json(answer.axis, answer.series, answer.zeros)
    return _tagged(request, body, "application/json")


def _tagged(request: Request, body: bytes, content_type: str) -> HttpResponse:
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    known = request.headers.get("If-None-Match", "").replace("W/", "")
    response = (
        HttpResponse(status=304)
        if tag in [name.strip() for name in known.split(",")]
        else HttpResponse(body, content_type=content_type)
    )
    response["ETag"] = tag
    # Private, and asked for again each time: a live run's lines grow.
    response["Cache-Control"] = "private, no-cache"
    return response


def _query(asked: Mapping[str, Any], runs: Iterable[RunRef], **groups: Any) -> Query:
    limits = {
        name: asked[field] for name, field in (("low", "from"), ("high", "to")) if field in asked
    }
    return Query(
        runs=list(runs),
        keys=list(dict.fromkeys(asked["keys"])),
        axis=asked["x"],
        points=asked["points"],
        kind=KINDS[asked["kind"]],
        with_means=asked["means"],
        **limits,
        **groups,
    )


def read_kind(request: Request) -> Kind:
    """Read `?kind=`; raise Invalid for one that there is none of."""
    given = request.query_params.get("kind", "rows")
    if given not in KINDS:
        raise Invalid("kind accepts rows or system.", fields={"kind": [given[:100]]})
    return KINDS[given]


def read_integer(request: Request, name: str, default: int) -> int:
    """Read a whole number of int64 from the query string; raise Invalid for anything else."""
    given = request.query_params.get(name)
    if given is None:
        return default
    digits = given.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 20
    if not is_number or not -INT64_MAX - 1 <= int(given) <= INT64_MAX:
        raise Invalid(f"{name} accepts a whole number.", fields={name: [given[:100]]})
    return int(given)


class RunMetricsView(RunAPIView):
    """The lines of one run."""

    @extend_schema(
        parameters=[
            OpenApiParameter("keys", str, many=True, required=True, description="Repeat it."),
            OpenApiParameter("x", str, description="`step`, `time`, `relative` or a key."),
            OpenApiParameter("from", float, description="On the x axis, inclusive."),
            OpenApiParameter("to", float, description="On the x axis, inclusive."),
            OpenApiParameter("points", int, description="At most so many of each line; 1000."),
            KIND,
            OpenApiParameter("means", bool, description="The means of thinned lines too."),
            OpenApiParameter("format", str, enum=list(serializers.FORMATS)),
        ],
        responses=LINES_RESPONSE,
    )
    def get(self, request: Request, run: str) -> HttpResponseBase:
        """Return points of some keys, thinned to what a picture needs: no spike is lost.

        A line that has more points than `points` is cut into slices, and the first, least, greatest and last
        point of each are returned, where they are. Keys without any points are left out.
        """
        given: dict[str, Any] = dict(request.query_params.items())
        given["keys"] = request.query_params.getlist("keys")
        asked = parse(serializers.QueryInput, given)
        if asked["format"] == "csv":
            record("export", self.run, details={"format": "csv", "keys": asked["keys"]})
        answer = store.read(_query(asked, [store.refer(self.run)]))
        return answer_lines(request, answer, asked["format"])


class MetricsQueryView(ActorAPIView):
    """The lines of many runs."""

    allows_anonymous = True

    @extend_schema(request=serializers.ManyRunsQueryInput, responses=LINES_RESPONSE)
    def post(self, request: Request) -> HttpResponseBase:
        """Return points of some keys of many runs, or of groups of runs with their spread.

        With `groups`, each group and key gives a line for the mean, std, stderr, ci (95 %), min, max and n of
        the runs that reach each x. Runs that are not there or not visible, and keys without any points, are
        left out.
        """
        asked = parse(serializers.ManyRunsQueryInput, request.data)
        groups = [(group["name"], group["runs"]) for group in asked.get("groups", [])]
        uids = {uid for _, members in groups for uid in members} | set(asked.get("runs", []))
        if len(uids) > serializers.MAX_RUNS:
            raise Invalid(
                f"At most {serializers.MAX_RUNS} runs.", fields={"runs": [str(len(uids))]}
            )
        known = load_runs(self.actor, uids)
        runs = [known[uid] for uid in dict.fromkeys(asked.get("runs", [])) if uid in known]
        found = [
            (name, [known[uid] for uid in dict.fromkeys(members) if uid in known])
            for name, members in groups
        ]
        if asked["format"] == "csv":
            self.record_export(known, asked["keys"])
        answer = store.read(_query(asked, runs, groups=found))
        return answer_lines(request, answer, asked["format"])

    def record_export(self, runs: Mapping[str, RunRef], keys: list[str]) -> None:
        """Record what was exported, once for each project that it came from."""
        for project in Project.objects.visible_to(self.actor).filter(
            pk__in={run.project_id for run in runs.values()}
        ):
            names = [uid for uid, run in runs.items() if run.project_id == project.pk]
            record("export", project, details={"format": "csv", "runs": names, "keys": keys})


def load_runs(actor: Actor, uids: Iterable[str]) -> dict[str, RunRef]:
    """Return those runs that the actor may see."""
    rows = Run.objects.visible_to(actor).filter(uid__in=list(uids))
    return {
        uid: RunRef(pk, uid, project_id)
        for pk, uid, project_id in rows.values_list("pk", "uid", "project_id")
    }


class RunRowsView(RunAPIView):
    """The exact rows of a run."""

    @extend_schema(
        parameters=[
            OpenApiParameter("from", int, description="The first step."),
            OpenApiParameter("to", int, description="The last step."),
            OpenApiParameter("keys", str, many=True, description="All keys if not given."),
            OpenApiParameter("limit", int, description=f"1 to {MAX_PAGE_ROWS}; {PAGE_ROWS}."),
        ],
        responses=serializers.RowPageOutput,
    )
    def get(self, request: Request, run: str) -> Response:
        """Return what was logged, step by step, numbers and everything else; go on from `next`.

        Of a key that was logged twice at one step it is the later value. Very wide rows come in smaller pages.
        """
        rows, following = store.rows(
            run=self.run,
            low=read_integer(request, "from", -INT64_MAX - 1),
            high=read_integer(request, "to", INT64_MAX),
            keys=request.query_params.getlist("keys") or None,
            limit=read_limit(request, PAGE_ROWS, MAX_PAGE_ROWS),
        )
        listed = [{"step": row.step, "time": row.time, "values": row.values} for row in rows]
        return Response({"rows": listed, "next": following})


class RunConsoleView(RunAPIView):
    """The console of a run."""

    @extend_schema(
        parameters=[
            OpenApiParameter("from", int, description="The number of the first line."),
            OpenApiParameter("limit", int, description=f"1 to {MAX_PAGE_LINES}; {PAGE_LINES}."),
            OpenApiParameter("tail", int, description="The last so many lines instead."),
            OpenApiParameter("search", str, description="Only lines that hold this, in any case."),
            OpenApiParameter(
                "format", str, enum=["json", "text"], description="`text`: all lines, as a file."
            ),
        ],
        responses={
            (200, "application/json"): serializers.ConsoleOutput,
            (200, "text/plain"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, run: str) -> HttpResponseBase:
        """Return lines as [number, time, "stdout" or "stderr", text]; colour codes are in the text."""
        if request.query_params.get("format") == "text":
            return self.answer_text(request)
        tail = read_integer(request, "tail", -1) if "tail" in request.query_params else None
        if tail is not None and not 1 <= tail <= MAX_PAGE_LINES:
            raise Invalid(f"tail accepts 1 to {MAX_PAGE_LINES}.", fields={"tail": [str(tail)]})
        found = store.console(
            run=self.run,
            first=max(0, read_integer(request, "from", 0)),
            limit=read_limit(request, PAGE_LINES, MAX_PAGE_LINES),
            tail=tail,
            search=request.query_params.get("search", ""),
        )
        first = found.lines[0][0] if found.lines else found.total
        document = {"lines": found.lines, "total": found.total, "first": first}
        found_lines = {"positions": found.positions, "matches": found.matches}
        return answer_json(request, {**document, **found_lines})

    def answer_text(self, request: Request) -> HttpResponse:
        """Return the whole console as a file."""
        record("export", self.run, details={"format": "log"})
        found = store.console(run=self.run, limit=INT64_MAX)
        text = "".join(f"{line[3]}\n" for line in found.lines)
        response = _tagged(request, text.encode(), "text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.run.short_id}.log"'
        return response


class RunKeysView(RunAPIView):
    """The keys of a run."""

    @extend_schema(parameters=[KIND], responses=serializers.HeadListOutput)
    def get(self, request: Request, run: str) -> HttpResponseBase:
        """Return the statistics of each key, up to the last point received."""
        summary = store.summary(run=self.run, kind=read_kind(request))
        listed = [{"key": key, **head} for key, head in summary.pop("keys").items()]
        return answer_json(request, {"keys": listed, **summary})


class ProjectMetricsView(ProjectAPIView):
    """The keys of a project."""

    @extend_schema(parameters=[KIND], responses=serializers.ProjectKeyListOutput)
    def get(self, request: Request, org: str, project: str) -> HttpResponseBase:
        """Return the keys that have points, and how many runs have each. New ones show within seconds."""
        found = store.keys(project_id=self.project.pk, kind=read_kind(request))
        listed = [{"key": key, "runs": runs} for key, runs in found.items()]
        return answer_json(request, {"keys": listed})


class RunHistoryView(RunAPIView):
    """All rows of a run in one file."""

    @extend_schema(responses={(200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY})
    def get(self, request: Request, run: str) -> HttpResponseBase:
        """Return every row as Parquet, also those that a later row of the same step replaced.

        Columns `_step`, `_time` (Unix seconds) and `_stream`, then a column a key: numbers as they are,
        anything else as JSON text. 501 where the server has no pyarrow.
        """
        is_async = isinstance(request._request, ASGIRequest)
        record("export", self.run, details={"format": "parquet"})
        return history.answer_parquet(self.run, is_async=is_async)


class RunTruncateView(RunAPIView):
    """The end of a run's rows."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.RUN_WRITE}

    @extend_schema(request=serializers.TruncateInput, responses=serializers.TruncateOutput)
    def post(self, request: Request, run: str) -> Response:
        """Take back the rows from a step on, or those of one stream from a row on. Again changes nothing."""
        asked = parse(serializers.TruncateInput, request.data)
        if "step" in asked:
            store.truncate(run=self.run, step=asked["step"])
        else:
            store.truncate_stream(run=self.run, stream=asked["stream"], row=asked["row"])
        self.run.refresh_from_db(fields=["last_step"])
        return Response({"last_step": self.run.last_step})


def answer_json(request: Request, document: dict[str, Any]) -> HttpResponse:
    """Return a document, or 304 when the client has it already."""
    text = json.dumps(json_values.strict(document), ensure_ascii=False, separators=(",", ":"))
    return _tagged(request, text.encode(), "application/json")
