"""What an API key may be made for: everything its owner may do, one organisation, or one project.

People write it as `acme` or `acme/mnist`. Projects are above this app, so they tell themselves which there are:
`projects` is set when the app of projects is ready.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from django.utils.translation import gettext as _

from apps.orgs import access
from apps.orgs.actor import Actor
from apps.orgs.models import ApiKey


class Projects(Protocol):
    """What a key needs to know of projects."""

    def find(self, actor: Actor, org: str, project: str) -> int:
        """Return the number of a project that `actor` can see; raise NotFound for any other."""

    def names(self, numbers: set[int]) -> dict[int, str]:
        """Return the `org/project` of those projects that are still there."""


projects: Projects = None  # type: ignore[assignment]  # set before the first request


def find(actor: Actor, only: str) -> tuple[int | None, int | None]:
    """Return the numbers of the org and the project that `only` names; raise NotFound when `actor` can't see it."""
    org, slash, project = only.strip().strip("/").partition("/")
    if not org:
        return None, None
    if slash:
        return None, projects.find(actor, org, project)
    return access.get_org(actor, org).pk, None


def named(keys: Iterable[ApiKey]) -> list[ApiKey]:
    """Return the keys with `only` set: what each was made for, empty where it is for everything."""
    found = list(keys)
    numbers = {key.only_project_id for key in found if key.only_project_id is not None}
    names = projects.names(numbers) if numbers else {}
    for key in found:
        key.only = key.only_org.slug if key.only_org is not None else ""
        if key.only_project_id is not None:
            key.only = names.get(key.only_project_id, _("a deleted project"))
    return found
