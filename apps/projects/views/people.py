"""Everything about one person: their own download of it, and erasing them, for administrators."""

from __future__ import annotations

import tempfile
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.core.errors import AppError
from apps.orgs.access import get_person
from apps.orgs.actor import Actor
from apps.orgs.http import actor_of, signed_in_user
from apps.orgs.models import User
from apps.projects import erasure, personal_data
from apps.projects.people_forms import EraseForm

# Up to this size an export stays in memory.
SPOOL_BYTES = 1 << 20


@never_cache
def own_data(request: HttpRequest) -> HttpResponse:
    """Say what one's own data are, with the button that downloads them."""
    signed_in_user(request)
    return render(request, "projects/own_data.html")


@require_POST
@never_cache
def download_own_data(request: HttpRequest) -> HttpResponseBase:
    """Return everything that is kept about the person who asks."""
    return _answer(signed_in_user(request), actor_of(request))


@require_POST
@never_cache
def download_data(request: HttpRequest, username: str) -> HttpResponseBase:
    """Return everything that is kept about somebody, for administrators."""
    actor = actor_of(request)
    return _answer(get_person(actor, username), actor)


def _answer(user: User, actor: Actor) -> FileResponse:
    file: Any = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115 - the response closes it
    personal_data.write_export(user=user, actor=actor, file=file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{user.username}.zip")


def erase(request: HttpRequest, username: str) -> HttpResponse:
    """Show what erasing somebody would do, and do it once their name is typed."""
    actor = actor_of(request)
    user = get_person(actor, username)
    plan = erasure.plan(user)
    form = EraseForm(request.POST or None, user=user, has_projects=bool(plan.projects))
    if request.method == "POST" and form.is_valid():
        try:
            erasure.erase_person(user=user, actor=actor, **form.choices())
        except AppError as error:
            form.add_problems(error)
        else:
            messages.success(request, _("The account is erased"))
            return redirect("/admin/orgs/user/")
    context = {"person": user, "plan": plan, "form": form}
    status = 422 if form.errors else 200
    return render(request, "projects/erase.html", context, status=status)
