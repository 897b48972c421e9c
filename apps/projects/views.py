"""The page that makes a project."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.core.errors import AppError
from apps.orgs.http import PageRequest, signed_in_user
from apps.orgs.models import Org
from apps.orgs.permissions import Perm
from apps.projects import services
from apps.projects.forms import VISIBILITY_WORDS, ProjectForm


def new(request: HttpRequest) -> HttpResponse:
    """Make a project in one of the organisations where the person may, then show it."""
    signed_in_user(request)
    actor = cast(PageRequest, request).actor
    orgs = Org.objects.visible_to(actor, Perm.PROJECT_CREATE).order_by("-is_personal", "slug")
    form = ProjectForm(request.POST or None, orgs=orgs)
    if request.method == "POST" and form.is_valid():
        try:
            project = services.create_project(actor=actor, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            return redirect("runs:workspace", project.org.slug, project.slug)
    context = {"form": form, "orgs": orgs, "visibility_words": VISIBILITY_WORDS}
    return render(request, "projects/new.html", context, status=422 if form.errors else 200)
