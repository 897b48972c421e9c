"""The door of pages and REST."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from apps.audit import origin


class OriginMiddleware:
    """Says where everything comes from that a request changes. Before the middleware that puts the actor on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with origin.entered(request):
            return self.get_response(request)
