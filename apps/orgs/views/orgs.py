"""The pages that make, change, move and hand over an organisation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.errors import AppError
from apps.orgs import access, services
from apps.orgs.actor import Actor
from apps.orgs.forms.orgs import MoveForm, NewOrgForm, OrgForm, TransferForm
from apps.orgs.forms.plain import PlainForm
from apps.orgs.http import actor_of, signed_in_user
from apps.orgs.models import Org
from apps.orgs.permissions import Perm


def org_new(request: HttpRequest) -> HttpResponse:
    """Make an org with the person as its owner and admin."""
    user = signed_in_user(request)
    possible = Org.objects.visible_to(actor_of(request), Perm.ORG_EDIT).filter(is_personal=False)
    initial = {"parent": request.GET.get("parent")}
    form = NewOrgForm(request.POST or None, orgs=possible, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_org(admin=user, **form.to_service())
        except AppError as error:
            form.add_problems(error)
        else:
            return redirect("orgs:member-list", made.slug)
    return render(request, "orgs/org_new.html", {"form": form}, status=422 if form.errors else 200)


def org_settings(request: HttpRequest, org: str) -> HttpResponse:
    """Show and change an org's name and description; show the ways to move it and hand it over."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.ORG_EDIT)
    initial = {"name": found.name, "description": found.description}
    form = OrgForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_org(org=found, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            messages.success(request, _("Saved"))
            return redirect("orgs:org-settings", found.slug)
    return _show(request, actor, org, form=form)


@require_POST
def org_move(request: HttpRequest, org: str) -> HttpResponse:
    """Put an org into another one, or on its own."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.ORG_EDIT)
    form = MoveForm(request.POST, org=found, orgs=_possible_parents(actor, found))
    if form.is_valid():
        try:
            services.move_org(org=found, parent=form.chosen(), by=actor)
        except AppError as error:
            form.add_problems(error)
        else:
            messages.success(request, _("Saved"))
            return redirect("orgs:org-settings", found.slug)
    return _show(request, actor, org, move_form=form)


@require_POST
def org_transfer(request: HttpRequest, org: str) -> HttpResponse:
    """Hand an org over to another member."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.ORG_EDIT)
    form = TransferForm(request.POST, org=found)
    if form.is_valid():
        try:
            heir = access.get_member(found, form.cleaned_data["owner"])
            services.transfer_org(org=found, to=heir, by=actor)
        except AppError as error:
            form.add_problems(error)
        else:
            messages.success(request, _("%(user)s owns it now") % {"user": heir.display_name})
            return redirect("orgs:org-settings", found.slug)
    return _show(request, actor, org, transfer_form=form)


def _possible_parents(actor: Actor, org: Org) -> list[Org]:
    """Return the orgs that `org` can be put into."""
    possible = Org.objects.visible_to(actor, Perm.ORG_EDIT).filter(is_personal=False)
    return list(possible.exclude(ascents__ancestor=org))


def _show(request: HttpRequest, actor: Actor, slug: str, **forms: PlainForm) -> HttpResponse:
    """Render the settings as stored, not as a refused form left them, with one form as it was filled in."""
    org = access.get_org(actor, slug, Perm.ORG_EDIT)
    context = {
        "org": org,
        "form": OrgForm(initial={"name": org.name, "description": org.description}),
        "move_form": MoveForm(org=org, orgs=_possible_parents(actor, org)),
        "transfer_form": TransferForm(org=org),
        **forms,
    }
    is_wrong = any(form.errors for form in forms.values())
    return render(request, "orgs/org_settings.html", context, status=422 if is_wrong else 200)
