"""The pages of an organisation's service accounts and their keys."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.core.errors import AppError
from apps.orgs import access, members, services
from apps.orgs.forms.orgs import ServiceAccountForm, ServiceKeyForm
from apps.orgs.http import actor_of
from apps.orgs.permissions import Perm


def service_account_list(request: HttpRequest, org: str) -> HttpResponse:
    """List the service accounts of an org; make one by POST."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.SERVICE_MANAGE)
    form = ServiceAccountForm(request.POST or None, org=found)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_service_account(org=found, by=actor, **form.to_service())
        except AppError as error:
            form.add_problems(error)
        else:
            return redirect("orgs:service-account", found.slug, made.username)
    usable = Count("api_keys", filter=Q(api_keys__revoked_at=None))
    accounts = found.service_accounts.annotate(
        key_count=usable, used_at=Max("api_keys__last_used_at")
    ).select_related("service_team")
    context = {"org": found, "accounts": accounts, "form": form}
    status = 422 if form.errors else 200
    return render(request, "orgs/service_account_list.html", context, status=status)


@never_cache
def service_account(request: HttpRequest, org: str, account: str) -> HttpResponse:
    """Show a service account and its keys; make a key by POST, and show its secret in that answer only."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.SERVICE_MANAGE)
    machine = access.get_service_account(found, account)
    form, secret = ServiceKeyForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            services.require_control(account=machine, by=actor)
            _key, secret = services.create_api_key(user=machine, **form.to_service())
        except AppError as error:
            form.add_problems(error)
        else:
            form = ServiceKeyForm()
    context = {
        "org": found,
        "account": machine,
        "member": next(iter(members.described(found, [machine]))),
        "keys": machine.api_keys.filter(revoked_at=None),
        "form": form,
        "secret": secret,
    }
    status = 422 if form.errors else 200
    return render(request, "orgs/service_account.html", context, status=status)


@require_POST
def service_key_revoke(
    request: HttpRequest, org: str, account: str, account_key: int
) -> HttpResponse:
    """End a key of a service account."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.SERVICE_MANAGE)
    machine = access.get_service_account(found, account)
    key = access.get_key_of(machine, account_key)
    services.require_control(account=machine, by=actor)
    services.revoke_api_key(key=key)
    messages.success(request, _("The key %(name)s is revoked") % {"name": key.name})
    return redirect("orgs:service-account", found.slug, machine.username)


@require_POST
def service_account_activate(request: HttpRequest, org: str, account: str) -> HttpResponse:
    """Close a service account, or open it again, as `is_active` says."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.SERVICE_MANAGE)
    machine = access.get_service_account(found, account)
    is_active = request.POST.get("is_active") == "true"
    services.set_account_active(account=machine, is_active=is_active, by=actor)
    messages.success(request, _("Saved"))
    return redirect("orgs:service-account", found.slug, machine.username)
