"""Attempts that were refused: a 403, or a 404 about something that is there and not to be seen.

Looked up by a task, after the answer is made: what is there and what is not must take the same time to refuse.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from apps.audit import floods, origin, services, tasks
from apps.core.text import is_storable

# The words of an address that name something, as URLs call them.
NAMES = ("org", "project", "run")


def note(request: HttpRequest, response: HttpResponseBase) -> None:
    """Have a refused request recorded, if it was about something that is there."""
    if response.status_code not in {403, 404} or request.resolver_match is None:
        return
    given = request.resolver_match.kwargs
    words = {name: str(given[name]) for name in NAMES if is_storable(str(given.get(name, "\0")))}
    if (words or response.status_code == 403) and floods.is_worth_recording("denied"):
        tried = {
            "method": request.method or "",
            "path": services.short(request.path, 300),
            "status": response.status_code,
        }
        tasks.note_denied.delay(origin.of_request(request).to_dict(), words, tried)
