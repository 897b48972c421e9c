"""Loading a run is checking it: by its uid anywhere, or by its short ID in a checked project."""

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Gone, NotFound
from apps.core.text import is_storable
from apps.orgs.access import refuse_anonymous
from apps.orgs.actor import Actor
from apps.orgs.permissions import Perm
from apps.projects.models import Project
from apps.runs.models import Run


def get_run(actor: Actor, uid: str, need: Perm = Perm.RUN_VIEW, *, in_trash: bool = False) -> Run:
    """Return the run with this uid, its documents loaded.

    Raises NotFound when `actor` can't see it (Unauthenticated when nobody is signed in, there or not), Gone when
    it is in the trash (unless `in_trash`) and Forbidden when they lack `need`.
    """
    runs = Run.objects.including_trash_visible_to(actor).with_allowed(actor, need)
    run = runs.with_documents().filter(uid=uid).first() if is_storable(uid) else None
    if run is None:
        refuse_anonymous(actor)
        raise NotFound(
            _("There is no run %(run)s that you can see.") % {"run": uid}, code="run_not_found"
        )
    if run.deleted_at is not None and not in_trash:
        raise _deleted(run)
    if not run.allowed:  # type: ignore[attr-defined]  # annotated by with_allowed
        raise Forbidden(
            _("You need the permission %(permission)s on %(project)s. Ask an admin of %(org)s.")
            % {"permission": need, "project": run.project, "org": run.project.org}
        )
    return run


def get_run_in(project: Project, short_id: str, *, in_trash: bool = False) -> Run:
    """Return a run of a project that was loaded through access.

    Raises NotFound, and Gone when it is in the trash (unless `in_trash`).
    """
    runs = Run.objects.filter(project=project, short_id=short_id)
    run = runs.with_documents().first() if is_storable(short_id) else None
    if run is None:
        raise NotFound(
            _("There is no run %(run)s in %(project)s.") % {"run": short_id, "project": project},
            code="run_not_found",
        )
    if run.deleted_at is not None and not in_trash:
        raise _deleted(run)
    return run


def _deleted(run: Run) -> Gone:
    return Gone(
        _("The run %(run)s was deleted. Restore it first.") % {"run": run.short_id},
        code="run_deleted",
    )
