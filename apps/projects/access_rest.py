"""What REST answers about access, to a project as to a run."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from apps.core.errors import Invalid
from apps.core.rest import decode_cursor, dump_many, encode_cursor, parse, read_limit
from apps.projects import sharing
from apps.projects.audience import find_holder, given_on, people_who_reach, reached_by
from apps.projects.serializers import AccessInput, ReachOutput, TeamAccessOutput
from apps.projects.sharing import Holder, Shared

PAGE = 50
MAX_PAGE = 500
PAGING = [
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    OpenApiParameter("limit", int, description=f"1 to {MAX_PAGE}; {PAGE} if not given."),
]
WHOSE = [
    OpenApiParameter("user", str, description="A username or an e-mail address."),
    OpenApiParameter("team", str, description="`org/team`."),
]


def list_access(request: Request, shared: Shared) -> dict[str, Any]:
    """Return a page of those who can reach what is shared, by username."""
    limit = read_limit(request, PAGE, MAX_PAGE)
    people = people_who_reach(shared).order_by("username")
    cursor = request.query_params.get("cursor")
    if cursor:
        (last,) = decode_cursor(cursor, str)
        people = people.filter(username__gt=last)
    found = list(people[: limit + 1])
    following = encode_cursor([found[limit - 1].username]) if len(found) > limit else None
    teams = [given for given in given_on(shared) if given.is_team]
    return {
        "visibility": shared.project.visibility,
        "teams": dump_many(TeamAccessOutput, teams),
        "items": dump_many(ReachOutput, reached_by(shared, found[:limit])),
        "next": following,
    }


def put_access(request: Request, shared: Shared) -> None:
    """Give a person or team a level or a role."""
    asked = parse(AccessInput, request.data)
    holder = _holder(shared, asked.get("user"), asked.get("team"))
    if "level" in asked:
        sharing.share(shared=shared, to=holder, level=asked["level"])
        return
    role = sharing.roles_for(shared.project).filter(pk=asked["role"]).first()
    if role is None:
        raise Invalid("There is no such role here.", fields={"role": [asked["role"]]})
    sharing.grant_role(shared=shared, to=holder, role=role)


def delete_access(request: Request, shared: Shared) -> None:
    """Take back what a person or team was given on what is shared."""
    asked = request.query_params
    holder = _holder(shared, asked.get("user"), asked.get("team"))
    sharing.unshare(shared=shared, to=holder)


def _holder(shared: Shared, user: str | None, team: str | None) -> Holder:
    name = user or team or ""
    if bool(user) == bool(team) or ("/" in name) != bool(team):
        message = "Give either user, a username or an e-mail address, or team, as org/team."
        raise Invalid(message, fields={"user": [message], "team": [message]})
    return find_holder(shared, name)
