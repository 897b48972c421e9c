"""Who can reach a project, and the dialog that shares it."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from apps.orgs.http import actor_of
from apps.orgs.permissions import Perm
from apps.projects import access, dialog, services
from apps.projects.audience import (
    find_holder,
    given_on,
    people_who_reach,
    reached_by,
    suggested,
)
from apps.projects.models import Project
from apps.projects.sharing import Shared, shared_project, unshare

PEOPLE_A_PAGE = 50


def _shared(request: HttpRequest, org: str, project: str, need: Perm) -> Shared:
    actor = actor_of(request)
    return shared_project(actor, access.get_project(actor, org, project, need))


def people(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """List everybody who can reach a project, and by what."""
    shared = _shared(request, org, project, Perm.PROJECT_SHARE)
    found = people_who_reach(shared).order_by("username")
    page = Paginator(found, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "project": shared.project,
        "page": page,
        "people": reached_by(shared, page.object_list),
        "teams": [given for given in given_on(shared) if given.is_team],
    }
    return render(request, "projects/access.html", context)


def share(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Show the dialog, and give somebody a level or role."""
    shared = _shared(request, org, project, Perm.PROJECT_SHARE)
    who, what = request.POST.get("who", ""), request.POST.get("what", "")
    change = (lambda: dialog.give(shared, who, what)) if request.method == "POST" else None
    return dialog.answer(request, shared, change)


@require_POST
def remove(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Take back what somebody was given on the project."""
    shared = _shared(request, org, project, Perm.PROJECT_SHARE)
    who = request.POST.get("who", "")
    return dialog.answer(
        request, shared, lambda: unshare(shared=shared, to=find_holder(shared, who))
    )


@require_POST
def show_to(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Make a project public, or private again."""
    shared = _shared(request, org, project, Perm.PROJECT_SHARE)
    access.get_project(shared.actor, org, project, Perm.PROJECT_EDIT)
    is_public = request.POST.get("visibility") == Project.Visibility.PUBLIC
    visibility = Project.Visibility.PUBLIC if is_public else Project.Visibility.PRIVATE
    return dialog.answer(
        request,
        shared,
        lambda: services.update_project(project=shared.project, visibility=visibility),
    )


def find(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Suggest people and teams while one types, of the organisations that one can see."""
    shared = _shared(request, org, project, Perm.PROJECT_SHARE)
    found = suggested(shared.actor, request.GET.get("who", ""))
    return render(request, "projects/share_found.html", {"found": found})
