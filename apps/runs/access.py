"""Loading a run is checking it: by its uid anywhere, or by its short ID in a checked project."""

from apps.core.errors import Forbidden, Gone, NotFound
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
    run = (
        Run.objects.including_trash_visible_to(actor)
        .with_allowed(actor, need)
        .with_documents()
        .filter(uid=uid)
        .first()
    )
    if run is None:
        refuse_anonymous(actor)
        raise NotFound(f"There is no run {uid} that you can see.", code="run_not_found")
    if run.deleted_at is not None and not in_trash:
        raise Gone(f"The run {run.short_id} was deleted. Restore it first.", code="run_deleted")
    if not run.allowed:  # type: ignore[attr-defined]  # annotated by with_allowed
        raise Forbidden(f"You need the permission {need} on {run.project}.")
    return run


def get_run_in(project: Project, short_id: str, *, in_trash: bool = False) -> Run:
    """Return a run of a project that was loaded through access.

    Raises NotFound, and Gone when it is in the trash (unless `in_trash`).
    """
    run = Run.objects.filter(project=project, short_id=short_id).with_documents().first()
    if run is None:
        raise NotFound(f"There is no run {short_id} in {project}.", code="run_not_found")
    if run.deleted_at is not None and not in_trash:
        raise Gone(f"The run {short_id} was deleted. Restore it first.", code="run_deleted")
    return run
