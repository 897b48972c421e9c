"""People's pages: the first start, their profile, their API keys, the language and the theme."""

from __future__ import annotations

from allauth.account.views import password_reset as allauth_password_reset
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.core.errors import AppError, Malformed
from apps.orgs import access, services
from apps.orgs.forms.people import ProfileForm, WelcomeForm
from apps.orgs.http import signed_in_user
from apps.orgs.models import User

YEAR_S = 365 * 24 * 3600


@never_cache
@sensitive_post_parameters("password")
def welcome(request: HttpRequest) -> HttpResponse:
    """Make the first administrator of a fresh installation; afterwards lead home."""
    if not access.is_new_installation():
        return redirect("/")
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.create_first_administrator(**form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            login(request, user, backend=settings.PASSWORD_BACKEND)
            return redirect("/")
    status = 422 if form.errors else 200
    return render(request, "orgs/welcome.html", {"form": form}, status=status)


@never_cache
@sensitive_post_parameters("current_password")
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's name, e-mail, language and theme."""
    user = signed_in_user(request)
    now = {"name": user.name, "email": user.email, "language": user.language, "theme": user.theme}
    form = ProfileForm(request.POST or None, initial=now, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_user(user=user, **form.cleaned_data)
        except AppError as error:
            form.add_problems(error)
        else:
            if user.language:
                translation.activate(user.language)
            messages.success(request, _("Saved"))
            return redirect("orgs:profile")
    status = 422 if form.errors else 200
    return render(request, "orgs/profile.html", {"form": form}, status=status)


def _back(request: HttpRequest) -> HttpResponse:
    """Return to the page that a form was on; a script that sent it only wants to know that it worked."""
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return HttpResponse(status=204)
    target = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(target if is_ours else "/")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language: kept with the person, or in a cookie while nobody is signed in."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        raise Malformed(_("Choose one of the languages offered."))
    if isinstance(request.user, User):
        services.update_user(user=request.user, language=code)
    response = _back(request)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR_S, samesite="Lax")
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Choose the theme: kept with the person, or in a cookie while nobody is signed in."""
    choice = request.POST.get("theme", "")
    if choice not in User.Theme.values:
        raise Malformed(_("Choose one of the themes offered."))
    if isinstance(request.user, User):
        services.update_user(user=request.user, theme=choice)
    response = _back(request)
    response.set_cookie("theme", choice, max_age=YEAR_S, samesite="Lax")
    return response


def password_reset(request: HttpRequest) -> HttpResponse:
    """Send a link that sets a new password, where this installation can send mail."""
    if not settings.MAIL_IS_SENT:
        return render(request, "account/password_reset_closed.html")
    response: HttpResponse = allauth_password_reset(request)
    return response
