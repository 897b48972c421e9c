"""Who may go on listening on a socket, which outlives the request that opened it."""

from __future__ import annotations

from typing import Any

from apps.core import live
from apps.orgs.actor import Actor
from apps.projects import access
from apps.projects.models import Project


def recheck_user(sender: Any, user_id: int, **kwargs: Any) -> None:
    """Make all sockets of a person look again. Connected to orgs.events.access_changed."""
    live.recheck(live.user_group_name(user_id))


def authorise(actor: Actor, path: str) -> Project:
    """Return the project at `<org>/<project>` that `actor` may watch; raise as access.get_project does."""
    org, _slash, project = path.partition("/")
    return access.get_project(actor, org, project)


def still_visible(actor: Actor, project_ids: set[int]) -> set[int]:
    """Return those of the projects that `actor` may still watch, in one query."""
    visible = Project.objects.visible_to(actor).filter(pk__in=project_ids)
    return set(visible.values_list("pk", flat=True))
