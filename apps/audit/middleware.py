"""The door of pages and REST."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from apps.audit import denials, origin


class OriginMiddleware:
    """Says where everything comes from that a request changes, and notes what is refused.

    Before the middleware that puts the actor on it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with origin.entered(request):
            response = self.get_response(request)
            denials.note(request, response)
            return response
