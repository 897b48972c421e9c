"""The pages of an organisation's teams."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.errors import AppError
from apps.orgs import access, members, services
from apps.orgs.forms.orgs import JoinForm, NewTeamForm, TeamForm
from apps.orgs.http import actor_of
from apps.orgs.permissions import Perm

SUGGESTED = 200


def team_list(request: HttpRequest, org: str) -> HttpResponse:
    """List an org's teams; make one by POST."""
    need = Perm.MEMBER_MANAGE if request.method == "POST" else Perm.ORG_VIEW
    found = access.get_org(actor_of(request), org, need)
    form = NewTeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = services.create_team(org=found, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            return redirect("orgs:team", found.slug, team.slug)
    teams = found.teams.annotate(member_count=Count("user"))
    context = {"org": found, "teams": teams, "form": form}
    return render(request, "orgs/team_list.html", context, status=422 if form.errors else 200)


def team(request: HttpRequest, org: str, team: str) -> HttpResponse:
    """Show a team and who is in it; change its words by POST."""
    need = Perm.MEMBER_MANAGE if request.method == "POST" else Perm.ORG_VIEW
    found = access.get_org(actor_of(request), org, need)
    shown = access.get_team(found, team)
    form = TeamForm(
        request.POST or None, initial={"title": shown.title, "description": shown.description}
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.update_team(team=access.get_team(found, team), **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            messages.success(request, _("Saved"))
            return redirect("orgs:team", found.slug, shown.slug)
    others = members.belonging_to(found).exclude(groups=shown)
    context = {
        "org": found,
        "team": shown,
        "people": shown.user_set.order_by("username"),
        "others": others.order_by("username")[:SUGGESTED],
        "form": form,
        "join_form": JoinForm(),
    }
    return render(request, "orgs/team.html", context, status=422 if form.errors else 200)


@require_POST
def team_join(request: HttpRequest, org: str, team: str) -> HttpResponse:
    """Put a member of the org into a team."""
    found = access.get_org(actor_of(request), org, Perm.MEMBER_MANAGE)
    shown = access.get_team(found, team)
    try:
        user = access.get_member(found, request.POST.get("username", "").strip())
        services.join_team(team=shown, user=user, by=actor_of(request))
    except AppError as error:
        messages.error(request, error.message)
    return redirect("orgs:team", found.slug, shown.slug)


@require_POST
def team_leave(request: HttpRequest, org: str, team: str, username: str) -> HttpResponse:
    """Take somebody out of a team."""
    found = access.get_org(actor_of(request), org, Perm.MEMBER_MANAGE)
    shown = access.get_team(found, team)
    services.leave_team(team=shown, user=access.get_member(found, username))
    return redirect("orgs:team", found.slug, shown.slug)


@require_POST
def team_delete(request: HttpRequest, org: str, team: str) -> HttpResponse:
    """Delete a team."""
    found = access.get_org(actor_of(request), org, Perm.MEMBER_MANAGE)
    gone = access.get_team(found, team)
    services.delete_team(team=gone)
    messages.success(request, _("The team %(team)s is deleted") % {"team": gone.title})
    return redirect("orgs:team-list", found.slug)
