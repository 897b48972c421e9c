"""The permission chokepoint: the only way to a project, and so to everything under it, is the check."""

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, NotFound
from apps.core.text import is_storable, normalise
from apps.orgs.access import refuse_anonymous
from apps.orgs.actor import Actor
from apps.orgs.permissions import Perm
from apps.projects.models import Project


def get_project(actor: Actor, org: str, project: str, need: Perm = Perm.PROJECT_VIEW) -> Project:
    """Return the project, its org loaded.

    Raises NotFound when `actor` can't see it (Unauthenticated when nobody is signed in, there or not) and
    Forbidden when they lack `need`.
    """
    found = None
    if is_storable(org) and is_storable(project):
        found = (
            Project.objects.visible_to(actor)
            .with_allowed(actor, need)
            .filter(org__slug=org, slug=normalise(project))
            .select_related("org")
            .first()
        )
    if found is None:
        refuse_anonymous(actor)
        raise NotFound(
            _("There is no project %(project)s that you can see.")
            % {"project": f"{org}/{project}"},
            code="project_not_found",
        )
    if not found.allowed:  # type: ignore[attr-defined]  # annotated by with_allowed
        raise Forbidden(
            _("You need the permission %(permission)s on %(project)s. Ask an admin of %(org)s.")
            % {"permission": need, "project": f"{org}/{project}", "org": org}
        )
    return found


def can(actor: Actor, perm: Perm, project: Project) -> bool:
    """Tell whether `actor` holds `perm` on `project`, by the rule that `visible_to` filters by."""
    return Project.objects.visible_to(actor, perm).filter(pk=project.pk).exists()
