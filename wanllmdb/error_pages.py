"""Errors that no view renders: as JSON under /api, as pages elsewhere."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views import csrf, defaults

from apps.core.errors import AppError, Forbidden, Malformed, NotFound, RateLimited, Unauthenticated


class Broken(AppError):
    """A fault of ours (500)."""

    status = 500
    code = "server_error"


def answer(request: HttpRequest, error: AppError) -> HttpResponse:
    """Render an error: JSON for programs, the sign-in page for those who are not signed in, else a page."""
    if is_api(request):
        return JsonResponse(error.to_dict(), status=error.status)
    # Somebody signed out may well see it after signing in; telling would also say that it exists.
    if isinstance(error, Unauthenticated):
        return sign_in_first(request)
    return render(request, "error.html", {"error": error}, status=error.status)


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page and back; a fragment that htmx asked for becomes the whole page."""
    is_fragment = request.headers.get("HX-Request") == "true"
    back = request.get_full_path() if request.method == "GET" else "/"
    if is_fragment:
        shown = urlsplit(request.headers.get("HX-Current-URL", "/"))
        back = urlunsplit(("", "", shown.path, shown.query, ""))
    target = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
    if is_fragment:
        return HttpResponse(status=401, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def is_api(request: HttpRequest) -> bool:
    """Tell whether a program asks, which reads JSON."""
    return request.path.startswith("/api/") and request.path != "/api/docs"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: a host that is not ours, a broken form."""
    if is_api(request):
        return answer(request, Malformed(_("The server cannot read this request.")))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403, such as the admin's pages to those who are no staff."""
    return answer(request, Forbidden(_("You are not allowed to do this.")))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    if is_api(request):
        return answer(request, NotFound(_("There is nothing at this address.")))
    return defaults.page_not_found(request, exception)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer 429: allauth counts attempts to sign in, and finds this by its name in urls.py."""
    return answer(request, RateLimited(_("Too many attempts. Try again in some minutes.")))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500; what happened is in the log."""
    if is_api(request):
        message = _("Something broke on the server. Its log says what happened.")
        return answer(request, Broken(message))
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form without its token."""
    if is_api(request):
        return answer(request, Forbidden(_("The CSRF token is missing or wrong."), code="csrf"))
    return csrf.csrf_failure(request, reason)
