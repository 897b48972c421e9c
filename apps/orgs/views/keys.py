"""The pages of one's API keys."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.core.errors import AppError
from apps.orgs import access, reach, services
from apps.orgs.forms.keys import KeyForm, RotateForm
from apps.orgs.http import actor_of, signed_in_user
from apps.orgs.models import User


@never_cache
def key_list(request: HttpRequest) -> HttpResponse:
    """List one's API keys; make one by POST, and show its secret in that answer only."""
    user = signed_in_user(request)
    form = KeyForm(request.POST or None)
    secret = None
    if request.method == "POST" and form.is_valid():
        try:
            _key, secret = services.create_api_key(user=user, **form.to_service())
        except AppError as error:
            form.add_problems(error)
        else:
            form = KeyForm()
    return _show_keys(request, user, form, secret)


def _show_keys(request: HttpRequest, user: User, form: KeyForm, secret: str | None) -> HttpResponse:
    keys = user.api_keys.filter(revoked_at=None).select_related("only_org", "replaced_by")
    context = {"form": form, "keys": reach.named(keys), "secret": secret}
    return render(request, "orgs/key_list.html", context, status=422 if form.errors else 200)


@never_cache
def key_rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Replace one of one's keys, and show the new secret in that answer only."""
    user = signed_in_user(request)
    key = access.get_own_key(actor_of(request), pk)
    form = RotateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _key, secret = services.rotate_api_key(key=key, overlap=form.overlap)
        except AppError as error:
            form.add_problems(error)
        else:
            return _show_keys(request, user, KeyForm(), secret)
    status = 422 if form.errors else 200
    return render(request, "orgs/key_rotate.html", {"form": form, "key": key}, status=status)


@require_POST
@never_cache
def key_quick(request: HttpRequest) -> HttpResponse:
    """Make a key for the quick start and answer the line to paste, once."""
    user = signed_in_user(request)
    _key, secret = services.create_api_key(user=user, name=_("Quick start"))
    response = render(request, "components/quick_key.html", {"secret": secret})
    response["HX-Trigger"] = "key-created"
    return response


@require_POST
def key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own keys."""
    signed_in_user(request)
    key = access.get_own_key(actor_of(request), pk)
    services.revoke_api_key(key=key)
    messages.success(request, _("The key %(name)s is revoked") % {"name": key.name})
    return redirect("orgs:key-list")
