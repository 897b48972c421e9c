"""The pages about retention rules: set one, and see first what it would take."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.orgs.access import get_org
from apps.orgs.http import actor_of
from apps.orgs.permissions import Perm
from apps.projects import access
from apps.projects.models import Project
from apps.runs import retention
from apps.runs.models import RetentionRule
from apps.runs.retention_forms import INHERIT, RetentionForm


def project_retention(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Show, try and set the rule of a project."""
    actor = actor_of(request)
    need = Perm.PROJECT_DELETE if request.method == "POST" else Perm.PROJECT_EDIT
    found = access.get_project(actor, org, project, need)
    own = RetentionRule.objects.filter(project=found).first()
    form = RetentionForm(request.POST or None, initial=RetentionForm.initial_of(own))
    trial = None
    if request.method == "POST" and form.is_valid():
        if "try" in request.POST:
            trial = _try(form, found)
        elif _is_saved(form, project=found):
            messages.success(request, _("Saved"))
            return redirect("runs:project-retention", found.org.slug, found.slug)
    context = {
        "project": found,
        "form": form,
        "inherited": retention.inherited_rule(found.org),
        "trial": trial,
        "may_set": access.can(actor, Perm.PROJECT_DELETE, found),
        "trash_days": settings.TRASH_DAYS,
    }
    status = 422 if form.errors else 200
    return render(request, "runs/project_retention.html", context, status=status)


def org_retention(request: HttpRequest, org: str) -> HttpResponse:
    """Show and set the rule of an org, which holds where a project or an org below it has none of its own."""
    found = get_org(actor_of(request), org, Perm.PROJECT_DELETE)  # It takes runs of all projects.
    own = RetentionRule.objects.filter(org=found).first()
    form = RetentionForm(request.POST or None, initial=RetentionForm.initial_of(own))
    if request.method == "POST" and form.is_valid() and _is_saved(form, org=found):
        messages.success(request, _("Saved"))
        return redirect("runs:org-retention", found.slug)
    context = {"org": found, "form": form, "trash_days": settings.TRASH_DAYS}
    status = 422 if form.errors else 200
    return render(request, "runs/org_retention.html", context, status=status)


def _try(form: RetentionForm, project: Project) -> retention.DryRun | None:
    """Return what the rule of a form would take; None when it can't be used, which the form then says."""
    if form.cleaned_data["mode"] == INHERIT:
        return retention.dry_run(project, retention.inherited_rule(project.org))
    try:
        rule = retention.checked(RetentionRule(project=project), form.rule_fields())
    except AppError as error:
        form.add_problems(error)
        return None
    return retention.dry_run(project, rule)


def _is_saved(form: RetentionForm, **target: Any) -> bool:
    """Set or remove the rule; False when it can't be used, which the form then says."""
    if form.cleaned_data["mode"] == INHERIT:
        retention.remove_rule(**target)
        return True
    try:
        retention.set_rule(**target, **form.rule_fields())
    except AppError as error:
        form.add_problems(error)
        return False
    return True
