"""The pages of an organisation's members."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.errors import AppError
from apps.orgs import access, members, services
from apps.orgs.http import actor_of, signed_in_user
from apps.orgs.models import Invitation, Role
from apps.orgs.permissions import Perm

MEMBERS_A_PAGE = 50


def member_list(request: HttpRequest, org: str) -> HttpResponse:
    """List who belongs to an org, by themselves or from above, found by name, role and team."""
    found = access.get_org(actor_of(request), org)
    chosen = {name: request.GET.get(name, "")[:200] for name in ("role", "team")}
    words = request.GET.get("q", "")[:200]
    people = members.search(found, words=words, **chosen).order_by("username")
    page = Paginator(people, MEMBERS_A_PAGE).get_page(request.GET.get("page"))
    everybody = members.belonging_to(found)
    context = {
        "org": found,
        "members": members.described(found, list(page.object_list)),
        "page": page,
        "people_count": everybody.filter(service_org=None).count(),
        "machine_count": everybody.exclude(service_org=None).count(),
        "invited_count": Invitation.objects.in_org(found).open().count(),
        "roles": list(Role.objects.usable_in(found)),
        "teams": found.teams.all(),
        "words": words,
        "keep": urlencode({"q": words, **chosen}) + "&",
        **chosen,
    }
    return render(request, "orgs/member_list.html", context)


@require_POST
def member_role(request: HttpRequest, org: str, username: str) -> HttpResponse:
    """Give a member another role."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.MEMBER_MANAGE)
    user = access.get_member(found, username)
    try:
        given = services.set_role(org=found, user=user, role=request.POST.get("role", ""), by=actor)
    except AppError as error:
        messages.error(request, error.message)
    else:
        said = {"user": user.display_name, "role": given.role.label}
        messages.success(request, _("%(user)s is %(role)s now") % said)
    return redirect("orgs:member-list", found.slug)


@require_POST
def member_remove(request: HttpRequest, org: str, username: str) -> HttpResponse:
    """End somebody's membership."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.MEMBER_MANAGE)
    user = access.get_member(found, username)
    try:
        services.remove_member(org=found, user=user, by=actor)
    except AppError as error:
        messages.error(request, error.message)
    else:
        said = {"user": user.display_name, "org": found.slug}
        messages.success(request, _("%(user)s is no member of %(org)s any more") % said)
    return redirect("orgs:member-list", found.slug)


@require_POST
def org_leave(request: HttpRequest, org: str) -> HttpResponse:
    """End one's own membership."""
    user = signed_in_user(request)
    found = access.get_org(actor_of(request), org)
    try:
        services.remove_member(org=found, user=user)
    except AppError as error:
        messages.error(request, error.message)
        return redirect("orgs:member-list", found.slug)
    messages.success(request, _("You have left %(org)s") % {"org": found.slug})
    return redirect("/")
