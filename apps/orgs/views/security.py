"""The pages of one's second factor and of the browsers that one is signed in with."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.core.errors import NotFound
from apps.orgs import sessions, two_factor
from apps.orgs.http import signed_in_user


@never_cache
def security(request: HttpRequest) -> HttpResponse:
    """Show one's second factors, and what the installation asks for."""
    user = signed_in_user(request)
    factors = two_factor.of(user)
    recovery = next(iter(factors[Authenticator.Type.RECOVERY_CODES]), None)
    context = {
        "totp": next(iter(factors[Authenticator.Type.TOTP]), None),
        "security_keys": factors[Authenticator.Type.WEBAUTHN],
        "codes_left": len(recovery.wrap().get_unused_codes()) if recovery else 0,
        "has_codes": recovery is not None,
        "is_on": two_factor.is_on(user),
        "must_set_up": two_factor.must_set_up(request, user),
    }
    return render(request, "account/security.html", context)


@never_cache
def session_list(request: HttpRequest) -> HttpResponse:
    """Show the browsers that one is signed in with."""
    rows = [
        {"session": session, "browser": sessions.browser_of(session.user_agent)}
        for session in sessions.of(signed_in_user(request))
    ]
    return render(request, "account/sessions.html", {"rows": rows})


@require_POST
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out one of one's other browsers."""
    user = signed_in_user(request)
    ended = [session for session in sessions.of(user) if session.pk == pk]
    if not ended:
        raise NotFound(_("You have no session of this number."), code="session_not_found")
    if ended[0].is_current():
        return redirect("account_logout")
    sessions.end(user=user, sessions=ended)
    messages.success(request, _("That browser is signed out"))
    return redirect("usersessions_list")


@require_POST
def session_end_others(request: HttpRequest) -> HttpResponse:
    """Sign out every browser but this one."""
    user = signed_in_user(request)
    others = [session for session in sessions.of(user) if not session.is_current()]
    sessions.end(user=user, sessions=others)
    said = ngettext(
        "%(count)d other browser is signed out",
        "%(count)d other browsers are signed out",
        len(others),
    )
    messages.success(request, said % {"count": len(others)})
    return redirect("usersessions_list")
