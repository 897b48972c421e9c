"""What every page request passes: the first start, the language, the actor, and errors as pages."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Malformed
from apps.core.text import is_storable
from apps.orgs import sessions, two_factor
from apps.orgs.access import is_new_installation
from apps.orgs.authentication import actor_from_session
from apps.orgs.models import User
from wanllmdb import error_pages

Next = Callable[[HttpRequest], HttpResponseBase]
OPEN_BEFORE_FIRST_USER = frozenset(
    {"/welcome", "/favicon.ico", "/settings/language", "/settings/theme"}
)
OPEN_PREFIXES = ("/static/", "/api/", "/sdk/")
# What somebody needs who is still to set up a second factor. REST says so itself.
OPEN_WITHOUT_SECOND_FACTOR = (
    *OPEN_PREFIXES,
    "/settings/security",
    "/settings/language",
    "/settings/theme",
    "/accounts/",
    "/favicon.ico",
)


class PreferredLocaleMiddleware(LocaleMiddleware):
    """The person's chosen language; for everybody else the cookie or the browser's."""

    def process_request(self, request: HttpRequest) -> None:
        user = getattr(request, "user", None)
        if isinstance(user, User) and user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
            return
        super().process_request(request)


class FirstAdministratorMiddleware:
    """Until somebody exists, every page leads to "create the administrator"."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.is_settled = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path
        is_open = path in OPEN_BEFORE_FIRST_USER or path.startswith(OPEN_PREFIXES)
        if not self.is_settled and not is_open:
            self.is_settled = not is_new_installation()
            if not self.is_settled:
                return redirect("orgs:welcome")
        return self.get_response(request)


class SignInMiddleware:
    """Notes that a browser's session is in use, and leads those to a second factor who are to have one."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, User):
            sessions.note_seen(request)
            is_open = request.path.startswith(OPEN_WITHOUT_SECOND_FACTOR)
            if not is_open and two_factor.must_set_up(request, request.user):
                return redirect("mfa_index")
        return self.get_response(request)


class ActorMiddleware:
    """Puts the session's actor on page requests. REST builds its own from the credentials."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = actor_from_session(request)  # type: ignore[attr-defined]  # read through apps.orgs.http
        return self.get_response(request)


class AppErrorMiddleware:
    """Shows the errors that views raise; asks those to sign in who have not."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer one of our errors; leave every other to Django, which logs it."""
        return error_pages.answer(request, error) if isinstance(error, AppError) else None


class StorableAddressMiddleware:
    """Refuses addresses with a NUL, which PostgreSQL can't even compare with: nothing has such a name."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_storable(request.path):
            return error_pages.page_not_found(request, Http404())
        if "%00" in request.META.get("QUERY_STRING", ""):
            error = Malformed(_("The address has a NUL character, which no text here can have."))
            return error_pages.answer(request, error)
        return self.get_response(request)


class PrivateAnswersMiddleware:
    """What is shown is for whoever asked: without a word about it, no cache on the way may keep it for others."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private")
        return response
