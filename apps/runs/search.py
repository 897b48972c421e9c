"""Finding runs (being written by engineer D)."""

from dataclasses import dataclass

from apps.core.rest import decode_cursor, encode_cursor
from apps.projects.models import Project
from apps.runs.models import Run


@dataclass
class Page:
    runs: list[Run]
    next_cursor: str | None
    count: int | None


def page(project: Project, *, query: str, order: str, cursor: str | None, limit: int) -> Page:
    runs = Run.objects.in_project(project).with_documents().order_by("-pk")
    count = None if cursor else runs.count()
    if cursor:
        runs = runs.filter(pk__lt=decode_cursor(cursor)[0])
    found = list(runs[: limit + 1])
    more = encode_cursor([found[limit - 1].pk]) if len(found) > limit else None
    return Page(found[:limit], more, count)
