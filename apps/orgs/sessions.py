"""The browsers that somebody is signed in with."""

from __future__ import annotations

import hashlib
import re

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.orgs.guessing import address_of
from apps.orgs.models import User
from apps.orgs.services import announce_access_changed

SEEN_STEP_S = 600
# Of two names in what a browser says of itself, the first one here is its own.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iPadOS",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def note_seen(request: HttpRequest) -> None:
    """Remember from where and when a session was last used, at most each ten minutes, so that reading stays reading.

    The session itself is not written, which would put off its end.
    """
    digest = hashlib.sha256(str(request.session.session_key).encode()).hexdigest()
    if address_of(request) is not None and cache.add(f"session-seen:{digest}", 1, SEEN_STEP_S):
        UserSession.objects.create_from_request(request)


def of(user: User) -> list[UserSession]:
    """Return somebody's sessions that still open, the one used last first."""
    sessions: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(sessions, key=lambda session: session.last_seen_at, reverse=True)


def end(*, user: User, sessions: list[UserSession]) -> None:
    """Sign these browsers out, and make their sockets look again."""
    for session in sessions:
        session.end()
    announce_access_changed(user.pk)


def browser_of(user_agent: str) -> str:
    """Return a browser and its system in words, as far as its own description tells."""
    browser = next((name for mark, name in BROWSERS.items() if f"{mark}/" in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    word = re.match(r"[\w.+-]+", user_agent)
    return browser or system or (word.group() if word else _("unknown browser"))
