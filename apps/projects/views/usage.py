"""The pages about how much organisations and projects hold, and their limits."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.orgs.access import can_in_org, get_org, require_administrator
from apps.orgs.http import actor_of
from apps.orgs.permissions import Perm
from apps.orgs.services import set_org_quota
from apps.projects import access, quotas, usage
from apps.projects.models import ProjectUsage
from apps.projects.usage_forms import OrgQuotaForm, ProjectQuotaForm

# The page shows those that hold most; REST has all.
SHOWN = 100


def org_usage(request: HttpRequest, org: str) -> HttpResponse:
    """Show what an org holds, by project; administrators of the installation set its limits here."""
    actor = actor_of(request)
    found = get_org(actor, org)
    form = None
    if actor.is_superuser:
        quota = quotas.of_org(found)
        form = OrgQuotaForm(request.POST or None, initial=OrgQuotaForm.initial_of(quota))
    if request.method == "POST":
        require_administrator(actor)
        if form is not None and _is_set(form, set_org_quota, org=found):
            messages.success(request, _("Saved"))
            return redirect("projects:org-usage", found.slug)
    context = {
        "org": found,
        "usage": usage.of_org(found),
        "limits": quotas.limits_of_org(found),
        "projects": ProjectUsage.objects.visible_to(actor).within(found).largest()[:SHOWN],
        "form": form,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "projects/org_usage.html", context, status=status)


def project_usage(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Show what a project holds; admins of its org set its limits here."""
    actor = actor_of(request)
    found = access.get_project(actor, org, project, Perm.PROJECT_EDIT)
    may_limit = can_in_org(actor, Perm.ORG_EDIT, found.org)
    if request.method == "POST":
        get_org(actor, org, Perm.ORG_EDIT)
    quota = quotas.of_project(found)
    form = ProjectQuotaForm(request.POST or None, initial=ProjectQuotaForm.initial_of(quota))
    is_sent = request.method == "POST"
    if is_sent and _is_set(form, quotas.set_project_quota, project=found):
        messages.success(request, _("Saved"))
        return redirect("projects:project-usage", found.org.slug, found.slug)
    context = {
        "project": found,
        "usage": usage.of_project(found),
        "limits": quotas.limits_on(found),
        "form": form if may_limit else None,
    }
    status = 422 if form.errors else 200
    return render(request, "projects/project_usage.html", context, status=status)


def _is_set(form: ProjectQuotaForm, set_quota: Any, **target: Any) -> bool:
    """Set the limits of a form; False when they can't be, which the form then says."""
    if not form.is_valid():
        return False
    try:
        set_quota(**target, **form.amounts())
    except AppError as error:
        form.add_problems(error)
        return False
    return True


def system_usage(request: HttpRequest) -> HttpResponse:
    """Show what every org of the installation holds, for its administrators."""
    require_administrator(actor_of(request))
    orgs = usage.of_all_orgs().largest()
    context = {"orgs": orgs[:SHOWN], "count": orgs.count()}
    return render(request, "projects/system_usage.html", context)
