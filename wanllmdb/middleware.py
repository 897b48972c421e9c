"""What every page request passes: the first start, the language, the actor, and errors as pages."""

from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect, render
from django.utils import translation

from apps.core.errors import AppError, Unauthenticated
from apps.orgs.authentication import actor_from_session
from apps.orgs.models import User

Next = Callable[[HttpRequest], HttpResponseBase]
OPEN_BEFORE_FIRST_USER = ("/welcome", "/static/", "/healthz", "/i18n/", "/api/", "/sdk/")


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
        if not self.is_settled and not request.path.startswith(OPEN_BEFORE_FIRST_USER):
            self.is_settled = get_user_model().objects.exists()
            if not self.is_settled:
                return redirect("/welcome")
        return self.get_response(request)


class ActorMiddleware:
    """Puts the session's actor on page requests. REST builds its own from the credentials."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = actor_from_session(request)  # type: ignore[attr-defined]  # read through apps.orgs.http
        return self.get_response(request)


class AppErrorMiddleware:
    """Shows our errors as pages; asks those to sign in who have not."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, AppError):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse(error.to_dict(), status=error.status)
        # Somebody signed out may well see it after signing in; telling would also say that it exists.
        if isinstance(error, Unauthenticated) or not request.user.is_authenticated:
            return redirect(f"/accounts/login/?next={request.path}")
        return render(request, "error.html", {"error": error}, status=error.status)
