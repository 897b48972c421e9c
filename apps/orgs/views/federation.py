"""Pages of signing in by somebody else's word: the way there, and the accounts that are linked."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.google import views as google
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.socialaccount.providers.saml import views as saml
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from onelogin.saml2.errors import OneLogin_Saml2_Error

from apps.core.errors import AppError, NotFound
from apps.orgs import access
from apps.orgs.federation import links, social, status
from apps.orgs.http import actor_of, signed_in_user

log = logging.getLogger(__name__)
# What a source that is away, or answers with something else than it should, leads to; bad XML is a SyntaxError.
UNUSABLE = (OSError, KeyError, ValueError, SyntaxError, OneLogin_Saml2_Error)


@require_POST
@never_cache
def sign_in_with(request: HttpRequest, source: str) -> HttpResponse:
    """Lead to an issuer, to sign in or (`process=connect`) to link the account there.

    The way leads over a page, since the Content-Security-Policy keeps what forms start on this server.
    """
    if source not in settings.SIGN_IN_SOURCES:
        raise NotFound(_("This server knows no such way to sign in."))
    name = settings.SIGN_IN_SOURCES[source].name
    is_linking = request.POST.get("process") == AuthProcess.CONNECT
    if is_linking:
        signed_in_user(request)
    more: dict[str, Any] = {"next_url": _next_of(request)}
    if source == "oidc":
        nonce = secrets.token_urlsafe(16)
        more |= {"auth_params": {"nonce": nonce}, "nonce": nonce}
    provider = get_adapter(request).get_provider(request, source)
    process = AuthProcess.CONNECT if is_linking else AuthProcess.LOGIN
    try:
        answer = provider.redirect(request, process, **more)
    except UNUSABLE:
        log.warning("sign_in_source_unusable source=%s", source, exc_info=True)
        message = _("%(source)s does not answer. Try again later.") % {"source": name}
        return social.refusal(request, message, status=503)
    context = {"redirect_to": answer["Location"], "name": name}
    return render(request, "socialaccount/login_redirect.html", context)


def _next_of(request: HttpRequest) -> str | None:
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else None


def oidc_answer(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take what the OpenID Connect issuer sends somebody back with."""
    return _answer(request, provider_id, partial(openid_connect.callback, provider_id=provider_id))


def github_answer(request: HttpRequest) -> HttpResponse:
    """Take what GitHub sends somebody back with."""
    return _answer(request, "github", github.oauth2_callback)


@csrf_exempt
def saml_answer(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Take what the SAML issuer makes a browser send, and go on where that one's own session is known."""
    callback = partial(saml.acs, organization_slug=organization_slug)
    return _answer(request, organization_slug, require_POST(callback))


def saml_sign_in(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Sign in whom the SAML issuer's answer names."""
    callback = partial(saml.finish_acs, organization_slug=organization_slug)
    return _answer(request, organization_slug, callback)


def saml_metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Describe this server to the SAML issuer."""
    callback = partial(saml.metadata, organization_slug=organization_slug)
    return _answer(request, organization_slug, callback)


def google_answer(request: HttpRequest) -> HttpResponse:
    """Take what Google sends somebody back with."""
    return _answer(request, "google", google.oauth2_callback)


def _answer(
    request: HttpRequest, source: str, callback: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse:
    if source not in settings.SIGN_IN_SOURCES:
        raise NotFound(_("This server knows no such way to sign in."))
    try:
        return callback(request)
    except PermissionDenied:  # Nobody asked for it here, or it has been used.
        message = _("The sign-in took too long or was begun elsewhere. Begin again.")
        return social.refusal(request, message)
    except UNUSABLE:
        name = settings.SIGN_IN_SOURCES[source].name
        log.warning("sign_in_answer_unusable source=%s", source, exc_info=True)
        message = _("%(source)s gave an answer that cannot be used. Try again.") % {"source": name}
        return social.refusal(request, message, status=502)


@never_cache
def system_sign_in(request: HttpRequest) -> HttpResponse:
    """Show administrators which sources are configured and who came by them; ask one, by POST, whether it answers."""
    access.require_administrator(actor_of(request))
    probe = None
    if request.method == "POST":
        probe = status.probe(request.POST.get("source", ""))
    context = {
        "sources": status.sources(),
        "sign_ins": [
            {"link": link, "name": links.name_of(link.provider)} for link in status.last_sign_ins()
        ],
        "rules": status.rules(),
        "probe": probe,
        "probed": links.name_of(request.POST.get("source", "")),
    }
    return render(request, "orgs/system_sign_in.html", context)


@never_cache
def linked_accounts(request: HttpRequest) -> HttpResponse:
    """List the accounts elsewhere that open one's account here, and what else could be linked."""
    user = signed_in_user(request)
    linked = links.of(user)
    sources = settings.SIGN_IN_SOURCES
    rows = [
        {
            "account": account,
            "name": links.name_of(account.provider),
            "known_as": account.extra_data.get("name") or account.extra_data.get("email", ""),
        }
        for account in linked
    ]
    taken = {account.provider for account in linked}
    others = [source for key, source in sources.items() if key not in taken and source.is_linkable]
    return render(request, "orgs/linked_accounts.html", {"rows": rows, "others": others})


@require_POST
def unlink_account(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own links."""
    signed_in_user(request)
    account = access.get_own_link(actor_of(request), pk)
    try:
        links.unlink(account)
    except AppError as error:
        messages.error(request, error.message)
    else:
        name = links.name_of(account.provider)
        messages.success(request, _("%(name)s is no longer linked") % {"name": name})
    return redirect("orgs:linked-accounts")
