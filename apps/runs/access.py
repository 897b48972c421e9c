"""Loading a run is checking it: by its uid, by its address, or by its short ID in a checked project."""

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Gone, NotFound
from apps.core.text import is_storable, normalise
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
    found = {"uid": uid} if is_storable(uid) else None
    return _checked(actor, found, uid, need, in_trash=in_trash)


def get_run_at(
    actor: Actor,
    org: str,
    project: str,
    short_id: str,
    need: Perm = Perm.RUN_VIEW,
    *,
    in_trash: bool = False,
) -> Run:
    """Return the run at an address, also for those who were given this run alone. Raises as `get_run` does."""
    address = {"project__org__slug": org, "project__slug": normalise(project), "short_id": short_id}
    found = address if all(is_storable(word) for word in (org, project, short_id)) else None
    return _checked(actor, found, short_id, need, in_trash=in_trash)


def _checked(
    actor: Actor, found: dict[str, str] | None, name: str, need: Perm, *, in_trash: bool
) -> Run:
    runs = Run.objects.including_trash_visible_to(actor).with_allowed(actor, need)
    # A project in the trash leaves its name to another, so its runs are at no address.
    run = None
    if found is not None:
        run = runs.filter(project__deleted_at=None, **found).with_documents().first()
    if run is None:
        refuse_anonymous(actor)
        raise NotFound(
            _("There is no run %(run)s that you can see.") % {"run": name}, code="run_not_found"
        )
    if run.deleted_at is not None and not in_trash:
        raise _deleted(run)
    if not run.allowed:  # type: ignore[attr-defined]  # annotated by with_allowed
        raise Forbidden(
            _("You need the permission %(permission)s on %(project)s. Ask an admin of %(org)s.")
            % {"permission": need, "project": run.project, "org": run.project.org}
        )
    return run


def can(actor: Actor, perm: Perm, run: Run) -> bool:
    """Tell whether `actor` holds `perm` on `run`, by the rule that `visible_to` filters by."""
    return Run.objects.visible_to(actor, perm).filter(pk=run.pk).exists()


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
