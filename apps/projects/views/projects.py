"""The pages that make, change and delete a project."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.orgs.http import actor_of, signed_in_user
from apps.orgs.models import Org
from apps.orgs.permissions import Perm
from apps.projects import access, services, usage
from apps.projects.forms import VISIBILITY_WORDS, DeleteForm, NewProjectForm, ProjectForm


def new(request: HttpRequest) -> HttpResponse:
    """Make a project in one of the organisations where the person may, then show it."""
    signed_in_user(request)
    actor = actor_of(request)
    orgs = Org.objects.visible_to(actor, Perm.PROJECT_CREATE).order_by("-is_personal", "slug")
    initial = {"org": request.GET.get("org")}
    form = NewProjectForm(request.POST or None, orgs=orgs, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            project = services.create_project(actor=actor, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            return HttpResponseRedirect(project.get_absolute_url())
    context = {"form": form, "orgs": orgs, "visibility_words": VISIBILITY_WORDS}
    return render(request, "projects/new.html", context, status=422 if form.errors else 200)


def edit(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Show and change a project's name, description, visibility and tags."""
    actor = actor_of(request)
    found = access.get_project(actor, org, project, Perm.PROJECT_EDIT)
    # The page's heads and links show what is stored, not what a refused form left on the object.
    shown = access.get_project(actor, org, project, Perm.PROJECT_EDIT)
    facts = ("slug", "name", "description", "visibility")
    initial = {**{name: getattr(found, name) for name in facts}, "tags": ", ".join(found.tags)}
    form = ProjectForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_project(project=found, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            messages.success(request, _("Saved"))
            return redirect("projects:project-settings", found.org.slug, found.slug)
    context = {
        "project": shown,
        "form": form,
        "visibility_words": VISIBILITY_WORDS,
        "usage": usage.of_project(shown),
        "can_delete": access.can(actor, Perm.PROJECT_DELETE, shown),
    }
    status = 422 if form.errors else 200
    return render(request, "projects/project_settings.html", context, status=status)


def delete(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Ask for the project's name and put it in the trash."""
    actor = actor_of(request)
    found = access.get_project(actor, org, project, Perm.PROJECT_DELETE)
    form = DeleteForm(request.POST or None, project=found)
    if request.method == "POST" and form.is_valid():
        services.delete_project(project=found)
        messages.success(request, _("%(project)s is in the trash") % {"project": found})
        return redirect("/")
    context = {"project": found, "form": form}
    status = 422 if form.errors else 200
    return render(request, "projects/project_delete.html", context, status=status)
