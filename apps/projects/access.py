"""The permission chokepoint: the only way to a project, and so to everything under it, is the check."""

from apps.core.errors import Forbidden, NotFound
from apps.orgs.actor import Actor
from apps.orgs.permissions import Perm
from apps.projects.models import Project


def get_project(actor: Actor, org: str, project: str, need: Perm = Perm.PROJECT_VIEW) -> Project:
    """Return the project, its org loaded; NotFound when `actor` can't see it, Forbidden when they lack `need`."""
    found = (
        Project.objects.visible_to(actor)
        .with_allowed(actor, need)
        .filter(org__slug=org, slug=project)
        .select_related("org")
        .first()
    )
    if found is None:
        raise NotFound(
            f"There is no project {org}/{project} that you can see.", code="project_not_found"
        )
    if not found.allowed:  # type: ignore[attr-defined]  # annotated by with_allowed
        raise Forbidden(
            f"You need the permission {need} on {org}/{project}. Ask an admin of {org}."
        )
    return found


def can(actor: Actor, perm: Perm, project: Project) -> bool:
    """Tell whether `actor` holds `perm` on `project`, by the rule that `visible_to` filters by."""
    return Project.objects.visible_to(actor, perm).filter(pk=project.pk).exists()
