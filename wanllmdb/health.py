"""`/healthz`: 200 while requests are served and the database answers, else 503."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseBase, JsonResponse

log = logging.getLogger(__name__)

PATH = "/healthz"


class HealthMiddleware:
    """Answers probes before anything else does: they use plain HTTP and ask for an address, not a name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return healthz() if request.path == PATH else self.get_response(request)


def healthz() -> JsonResponse:
    """Ask the database, and answer with this version; 503 when it does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("database_unreachable")
        return JsonResponse(
            {"status": "database unreachable", "version": settings.VERSION}, status=503
        )
    return JsonResponse({"status": "ok", "version": settings.VERSION})
