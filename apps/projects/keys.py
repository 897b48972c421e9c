"""Which project an API key is made for, told to the app of keys, which lies below this one."""

from __future__ import annotations

from apps.orgs.actor import Actor
from apps.projects import access
from apps.projects.models import Project


class KeyProjects:
    """The projects that keys can be made for."""

    def find(self, actor: Actor, org: str, project: str) -> int:
        """Return the number of a project that `actor` can see; raise NotFound for any other."""
        return access.get_project(actor, org, project).pk

    def names(self, numbers: set[int]) -> dict[int, str]:
        """Return the `org/project` of those projects that are still there."""
        there = Project.objects.filter(pk__in=numbers, deleted_at=None)
        return {
            number: f"{org}/{slug}"
            for number, org, slug in there.values_list("pk", "org__slug", "slug")
        }
