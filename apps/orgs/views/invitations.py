"""The pages that invite people to an organisation, and the page that an invitation opens."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.core.errors import AppError
from apps.orgs import access, services
from apps.orgs.forms.orgs import InvitationForm
from apps.orgs.http import actor_of, address_of, signed_in_user
from apps.orgs.models import Invitation, Org
from apps.orgs.permissions import Perm


@never_cache
def invitation_list(request: HttpRequest, org: str) -> HttpResponse:
    """List the open invitations; make one by POST, and mail its link or show it in that answer only."""
    actor = actor_of(request)
    found = access.get_org(actor, org, Perm.MEMBER_MANAGE)
    form = InvitationForm(request.POST or None, org=found)
    link = None
    if request.method == "POST" and form.is_valid():
        try:
            made, token = services.create_invitation(org=found, by=actor, **form.to_service())
        except AppError as error:
            form.add_problems(error)
        else:
            link = _mail_or_show(
                request, made, address_of(request, reverse("orgs:invite", args=[token]))
            )
            form = InvitationForm(org=found)
    return _show(request, found, form, link)


def _mail_or_show(request: HttpRequest, invitation: Invitation, link: str) -> str | None:
    """Mail the link; return it where it is to be shown, since it has no address or mail cannot be sent."""
    if not invitation.email or not settings.MAIL_IS_SENT:
        return link
    if services.mail_invitation(invitation=invitation, link=link):
        messages.success(
            request, _("The invitation is sent to %(email)s") % {"email": invitation.email}
        )
        return None
    messages.error(request, _("The mail could not be sent. Pass the link on yourself."))
    return link


def _show(request: HttpRequest, org: Org, form: InvitationForm, link: str | None) -> HttpResponse:
    invitations = Invitation.objects.in_org(org).open().select_related("role", "team", "created_by")
    context = {"org": org, "form": form, "invitations": invitations, "link": link}
    return render(request, "orgs/invitation_list.html", context, status=422 if form.errors else 200)


@require_POST
def invitation_revoke(request: HttpRequest, org: str, invitation: int) -> HttpResponse:
    """End an invitation."""
    found = access.get_org(actor_of(request), org, Perm.MEMBER_MANAGE)
    services.revoke_invitation(invitation=access.get_invitation(found, invitation))
    messages.success(request, _("The invitation is revoked"))
    return redirect("orgs:invitation-list", found.slug)


@never_cache
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an invitation gives; accept it by POST. Who has no account may make one from here."""
    digest = Invitation.digest_of(token)
    invitation = services.find_invitation(digest)
    if request.method == "POST":
        services.accept_invitation(digest=digest, user=signed_in_user(request))
        messages.success(request, _("You belong to %(org)s now") % {"org": invitation.org.name})
        return redirect("runs:org", invitation.org.slug)
    if actor_of(request).is_anonymous:
        request.session["invitation"] = digest  # The sign-up page opens for it.
    return render(request, "orgs/invite.html", {"invitation": invitation})
