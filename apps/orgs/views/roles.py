"""The pages of an organisation's roles."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.errors import AppError
from apps.orgs import access, services
from apps.orgs.forms.orgs import RoleForm
from apps.orgs.http import actor_of
from apps.orgs.models import Org, Role
from apps.orgs.permission_words import GROUPS
from apps.orgs.permissions import Perm


def role_list(request: HttpRequest, org: str) -> HttpResponse:
    """List the roles that can be given in an org, and what each of them may."""
    found = access.get_org(actor_of(request), org)
    holders = Count("memberships", filter=Q(memberships__org=found))
    roles = Role.objects.usable_in(found).select_related("org").prefetch_related("permissions")
    context = {"org": found, "roles": roles.annotate(holder_count=holders), "groups": GROUPS}
    return render(request, "orgs/role_list.html", context)


def role_new(request: HttpRequest, org: str) -> HttpResponse:
    """Make a role from the named permissions."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.ROLE_MANAGE)
    form = RoleForm(request.POST or None, initial={"permissions": [Perm.ORG_VIEW]})
    if request.method == "POST" and form.is_valid():
        try:
            services.create_role(org=found, by=actor, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            return redirect("orgs:role-list", found.slug)
    return _show(request, found, form)


def role_edit(request: HttpRequest, org: str, role: str) -> HttpResponse:
    """Change one of the org's own roles for all who hold it."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.ROLE_MANAGE)
    shown = access.get_own_role(found, role)
    initial = {
        "name": shown.name,
        "description": shown.description,
        "permissions": list(shown.perms),
    }
    form = RoleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_role(role=shown, by=actor, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            messages.success(request, _("Saved"))
            return redirect("orgs:role-list", found.slug)
    return _show(request, found, form, access.get_own_role(found, role))


@require_POST
def role_delete(request: HttpRequest, org: str, role: str) -> HttpResponse:
    """Delete a role that nobody holds."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.ROLE_MANAGE)
    gone = access.get_own_role(found, role)
    try:
        services.delete_role(role=gone, by=actor)
    except AppError as error:
        messages.error(request, error.message)
        return redirect("orgs:role-edit", found.slug, role)
    messages.success(request, _("The role %(role)s is deleted") % {"role": gone.name})
    return redirect("orgs:role-list", found.slug)


def _show(request: HttpRequest, org: Org, form: RoleForm, role: Role | None = None) -> HttpResponse:
    held = access.held_in(actor_of(request), org)
    context = {"org": org, "form": form, "role": role, "groups": GROUPS, "held": held}
    return render(request, "orgs/role_form.html", context, status=422 if form.errors else 200)
