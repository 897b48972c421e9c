"""Where a change comes from: the door, who came through it, and their address.

Each door says so once, by `entered`; everything that is recorded below it, in the same thread or task of an event
loop, carries it. A page's or REST request is asked for its actor only when something is recorded, since signing in
and reading a key happen after the request has entered.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.orgs.actor import Actor

CLIENT_LENGTH = 300


class Door(StrEnum):
    """The ways in. The value is stored."""

    PAGE = "page"
    REST = "rest"
    STREAM = "stream"
    ADMIN = "admin"
    SSO = "sso"
    SCIM = "scim"
    TASK = "task"
    COMMAND = "command"
    SYSTEM = "system"


# The longest prefix that matches names the door of a request.
DOORS_BY_PATH = {
    "/admin/": Door.ADMIN,
    "/api/": Door.REST,
    "/scim/": Door.SCIM,
    "/saml/": Door.SSO,
    "/accounts/saml/": Door.SSO,
    "/accounts/oidc/": Door.SSO,
    "/accounts/github/": Door.SSO,
    "/accounts/google/": Door.SSO,
    "/accounts/3rdparty/": Door.SSO,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A door, who came through it (nobody: None), from where, and with which program."""

    door: str = Door.SYSTEM
    user_id: int | None = None
    username: str = ""
    key_id: int | None = None
    address: str | None = None
    # The user agent; of a task or command, its name.
    client: str = ""

    @classmethod
    def of_actor(cls, actor: Actor, door: Door, address: str | None, client: str) -> Origin:
        """Build the origin of what an actor does."""
        name = client[:CLIENT_LENGTH].replace("\0", "")
        return cls(door, actor.user_id, actor.username, actor.key_id, address, name)

    def to_dict(self) -> dict[str, Any]:
        """Return it as what a task's headers can carry."""
        return asdict(self)


_entered: ContextVar[Origin | HttpRequest | None] = ContextVar("audit_origin", default=None)


@contextmanager
def entered(origin: Origin | HttpRequest) -> Iterator[None]:
    """Say where everything comes from that is recorded inside."""
    token = _entered.set(origin)
    try:
        yield
    finally:
        _entered.reset(token)


def enter(origin: Origin | None) -> Origin | HttpRequest | None:
    """Say where everything comes from from here on; return what was said before, to be said again."""
    before = _entered.get()
    _entered.set(origin)
    return before


def leave(before: Origin | HttpRequest | None) -> None:
    """Take back `enter`, which returned `before`."""
    _entered.set(before)


def current() -> Origin:
    """Return where what is done now comes from."""
    now = _entered.get()
    if now is None:
        return Origin()
    return now if isinstance(now, Origin) else of_request(now)


def current_request() -> HttpRequest | None:
    """Return the page's or REST request that is being answered."""
    now = _entered.get()
    return None if isinstance(now, Origin) else now


def of_request(request: HttpRequest) -> Origin:
    """Return the origin of what a page's or REST request does."""
    actor = getattr(request, "actor", None)
    known = actor if isinstance(actor, Actor) else Actor(None)
    client = request.headers.get("User-Agent", "")
    return Origin.of_actor(known, _door_of(request.path), address_of(request), client)


def of_task(name: str, sent_by: Mapping[str, Any] | None) -> Origin:
    """Return the origin of what a task does: its own door, and whoever's request had it done."""
    sender = Origin(**sent_by) if sent_by else Origin()
    return replace(sender, door=Door.TASK, client=name[:CLIENT_LENGTH])


def _door_of(path: str) -> Door:
    matching = [prefix for prefix in DOORS_BY_PATH if path.startswith(prefix)]
    return DOORS_BY_PATH[max(matching, key=len)] if matching else Door.PAGE


def address_of(request: HttpRequest) -> str | None:
    """Return the address that a request came from."""
    meta = request.META
    return trusted_address(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""))


def trusted_address(peer: str, forwarded: str) -> str | None:
    """Return the client's address: X-Forwarded-For is believed only where a proxy writes it, and only its last."""
    address = (
        forwarded.rsplit(",", maxsplit=1)[-1].strip()
        if settings.BEHIND_PROXY and forwarded
        else peer
    )
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
