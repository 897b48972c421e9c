"""Runs' pages: home, a project's workspace, and a run's overview, charts, system metrics and logs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core import json_values
from apps.core.errors import AppError
from apps.orgs.http import actor_of, signed_in_user
from apps.orgs.models import ApiKey, Org, User
from apps.orgs.permissions import Perm
from apps.orgs.services import find_personal_org
from apps.projects import access as project_access
from apps.projects import dialog
from apps.projects.audience import find_holder
from apps.projects.models import Project
from apps.projects.sharing import unshare
from apps.runs import access, services, why
from apps.runs import home as home_page
from apps.runs.forms import RunForm, WhyForm
from apps.runs.models import Run
from apps.runs.overview import overview
from apps.runs.serializers import RunOutput
from apps.runs.sharing import held_on_run, shared_run

PROJECTS_A_PAGE = 20
ORGS_SHOWN = 50


def home(request: HttpRequest) -> HttpResponse:
    """Show the newest runs, the projects and the quick start."""
    user = signed_in_user(request)
    actor = actor_of(request)
    runs = home_page.recent_runs(actor)
    page = Paginator(home_page.projects_with_counts(actor), PROJECTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    projects = list(page.object_list)
    home_page.add_activity(actor, projects)
    org = find_personal_org(user)
    headline = home_page.headline_key(runs)
    orgs = Org.objects.visible_to(actor).joined_by(actor)
    context = {
        "orgs": orgs.order_by("-is_personal", "slug")[:ORGS_SHOWN],
        "rows": home_page.with_headline(runs, headline),
        "shared_projects": home_page.shared_projects(actor),
        "shared_runs": home_page.shared_runs(actor),
        "running_count": Run.objects.visible_to(actor).filter(state=Run.State.RUNNING).count(),
        "headline": headline,
        "page": page,
        "projects": projects,
        "example_project": projects[0] if projects else f"{org or user.username}/my-project",
    }
    return render(request, "runs/home.html", context)


def org(request: HttpRequest, org: str) -> HttpResponse:
    """Show an org's projects and the orgs in it."""
    actor = actor_of(request)
    found = home_page.get_org_with_projects(actor, org)
    counted = home_page.projects_with_counts(actor).filter(org=found)
    page = Paginator(counted, PROJECTS_A_PAGE).get_page(request.GET.get("page"))
    projects = list(page.object_list)
    home_page.add_activity(actor, projects)
    children = Org.objects.visible_to(actor).filter(parent=found)
    context = {"org": found, "children": children, "page": page, "projects": projects}
    return render(request, "runs/org.html", context)


def workspace(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Show a project's runs and charts; before the first point, how to send it."""
    found = project_access.get_project(actor_of(request), org, project)
    if _awaits_first_point(found):
        keys = request.user.api_keys.all() if isinstance(request.user, User) else []
        usable = [key for key in keys if key.is_usable]
        context = {
            "project": found,
            "has_run": Run.objects.in_project(found).exists(),
            "has_key": bool(usable),
            "key_used_at": max(
                (key.last_used_at for key in usable if key.last_used_at), default=None
            ),
        }
        return render(request, "runs/first_run.html", context)
    view = "runs" if request.GET.get("view") == "runs" else "charts"
    return render(request, "runs/workspace.html", {"project": found, "view": view})


def _awaits_first_point(project: Project) -> bool:
    """Tell whether nothing can be drawn yet: no run, or only ones that run and have not logged."""
    waiting = {"state": Run.State.RUNNING, "last_step": None}
    return not Run.objects.in_project(project).exclude(**waiting).exists()


def _run_context(
    request: HttpRequest, org: str, project: str, short_id: str, need: Perm = Perm.RUN_VIEW
) -> dict[str, Any]:
    actor = actor_of(request)
    run = access.get_run_at(actor, org, project, short_id, need)
    held = held_on_run(actor, run)
    return {
        "project": run.project,
        "run": run,
        # Those who were given this run alone see nothing else of its project.
        "hides_project": Perm.PROJECT_VIEW not in held,
        "may_write": Perm.RUN_WRITE in held,
        "may_share": Perm.PROJECT_SHARE in held,
        "summary": json_values.decode(run.document.summary),
        "run_data": json_values.strict(RunOutput(run, context={"request": request}).data),
    }


def run_overview(request: HttpRequest, org: str, project: str, run: str) -> HttpResponse:
    """Show what a run is: its facts, main curves, config, summary, code, command and environment."""
    context = _run_context(request, org, project, run)
    context |= overview(context["run"])
    return render(request, "runs/overview.html", context)


def run_charts(request: HttpRequest, org: str, project: str, run: str) -> HttpResponse:
    """Show every metric of a run."""
    return render(request, "runs/charts.html", _run_context(request, org, project, run))


def run_system(request: HttpRequest, org: str, project: str, run: str) -> HttpResponse:
    """Show what the machine did meanwhile."""
    return render(request, "runs/system.html", _run_context(request, org, project, run))


def run_logs(request: HttpRequest, org: str, project: str, run: str) -> HttpResponse:
    """Show what the script printed."""
    return render(request, "runs/logs.html", _run_context(request, org, project, run))


def run_edit(request: HttpRequest, org: str, project: str, run: str) -> HttpResponse:
    """Change a run's name, tags and notes."""
    context = _run_context(request, org, project, run, Perm.RUN_WRITE)
    found = context["run"]
    initial = {"name": found.name, "tags": ", ".join(found.tag_names), "notes": found.notes}
    form = RunForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_run(run=found, author_id=actor_of(request).user_id, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
            # The head shows what is stored, not what was refused.
            found.refresh_from_db(fields=["name", "notes"])
        else:
            return HttpResponseRedirect(found.get_absolute_url())
    context["form"] = form
    return render(request, "runs/edit.html", context, status=422 if form.errors else 200)


@require_POST
def run_delete(request: HttpRequest, org: str, project: str, run: str) -> HttpResponse:
    """Put a run in the trash, and offer to take it out again."""
    actor = actor_of(request)
    target = access.get_run_at(actor, org, project, run, Perm.RUN_DELETE)
    services.delete_run(run=target)
    undo = reverse("runs:run-restore", args=[org, project, run])
    messages.success(
        request, _("%(name)s is in the trash") % {"name": target.name}, extra_tags=undo
    )
    if not project_access.can(actor, Perm.PROJECT_VIEW, target.project):
        return redirect("runs:home")
    return redirect("runs:workspace", org, project)


@require_POST
def run_restore(request: HttpRequest, org: str, project: str, run: str) -> HttpResponse:
    """Take a run out of the trash."""
    target = access.get_run_at(actor_of(request), org, project, run, Perm.RUN_DELETE, in_trash=True)
    services.restore_run(run=target)
    return HttpResponseRedirect(target.get_absolute_url())


def run_share(request: HttpRequest, org: str, project: str, run: str) -> HttpResponse:
    """Show the dialog that shares a run, and share it with somebody."""
    actor = actor_of(request)
    shared = shared_run(actor, access.get_run_at(actor, org, project, run, Perm.PROJECT_SHARE))
    who, what = request.POST.get("who", ""), request.POST.get("what", "")
    change = (lambda: dialog.give(shared, who, what)) if request.method == "POST" else None
    return dialog.answer(request, shared, change)


@require_POST
def run_unshare(request: HttpRequest, org: str, project: str, run: str) -> HttpResponse:
    """Take back what somebody was given on a run."""
    actor = actor_of(request)
    shared = shared_run(actor, access.get_run_at(actor, org, project, run, Perm.PROJECT_SHARE))
    who = request.POST.get("who", "")
    return dialog.answer(
        request, shared, lambda: unshare(shared=shared, to=find_holder(shared, who))
    )


def access_why(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Explain why somebody may do something on a project, a run of it or in its org, or why not."""
    actor = actor_of(request)
    found = project_access.get_project(actor, org, project, Perm.PROJECT_SHARE)
    form = WhyForm(request.GET or None, keys=ApiKey.objects.owned_by(actor))
    context: dict[str, Any] = {"project": found, "form": form}
    if form.is_valid():
        try:
            context["answer"] = why.explain(actor, found, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
    status = 422 if form.errors else 200
    return render(request, "projects/why.html", context, status=status)
