"""The Share dialog of a project or run: what it shows, and what its forms ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Invalid
from apps.orgs.explain import permissions_of
from apps.orgs.permissions import ON_PROJECT, Perm
from apps.projects import sharing
from apps.projects.audience import find_holder, given_on
from apps.projects.levels import Level
from apps.projects.models import Project
from apps.projects.sharing import Shared

ROLE = "role:"


def give(shared: Shared, who: str, what: str) -> None:
    """Give somebody what a form names: a level, or `role:KEY`. Raises AppError."""
    holder = find_holder(shared, who)
    if not what.startswith(ROLE):
        return sharing.share(shared=shared, to=holder, level=what)
    role = sharing.roles_for(shared.project).filter(pk=what.removeprefix(ROLE)).first()
    if role is None:
        raise Invalid(_("There is no such role here."), fields={"role": [what[:40]]})
    sharing.grant_role(shared=shared, to=holder, role=role)
    return None


def choices(shared: Shared) -> list[tuple[str, str, bool]]:
    """Return what can be given, each with its words and whether the one who shares holds all of it."""
    found = [
        (str(level), str(label), shared.levels[level] <= shared.held)
        for level, label in Level.choices
    ]
    if not shared.is_project:
        return found
    roles = sharing.roles_for(shared.project).prefetch_related("permissions")
    return found + [
        (
            f"{ROLE}{role.pk}",
            _("%(role)s of this project") % {"role": role.label},
            permissions_of(role) & ON_PROJECT <= shared.held,
        )
        for role in roles
    ]


def answer(
    request: HttpRequest, shared: Shared, change: Callable[[], object] | None = None
) -> HttpResponse:
    """Make a change, then show the dialog as it is now; a change that is refused is told inside it.

    Without JavaScript the forms lead back to the page that they are on.
    """
    error: AppError | None = None
    try:
        if change is not None:
            change()
    except AppError as refusal:
        error = refusal
    if change is not None and "HX-Request" not in request.headers:
        if error is not None:
            messages.error(request, error.message)
        return redirect("projects:project-access", shared.project.org.slug, shared.project.slug)
    context = {
        **_context(shared),
        "link": request.build_absolute_uri(shared.thing.get_absolute_url()),
        "error": error,
        "who": request.POST.get("who", "") if error else "",
    }
    return render(request, "projects/share.html", context, status=error.status if error else 200)


def _context(shared: Shared) -> dict[str, Any]:
    offered = choices(shared)
    rows = [(given, given.permissions <= shared.held) for given in given_on(shared)]
    return {
        "shared": shared,
        "project": shared.project,
        "rows": rows,
        "choices": [(value, label) for value, label, is_held in offered if is_held],
        "may_open": Perm.PROJECT_EDIT in shared.held,
        "is_public": shared.project.visibility == Project.Visibility.PUBLIC,
    }
