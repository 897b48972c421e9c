"""The one socket: it says what changed in a project, never what it is now."""

from __future__ import annotations

import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.translation import gettext as _

from apps.core import clock, live
from apps.core.errors import AppError, Invalid
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.authentication import actor_from_session_key
from apps.projects import subscriptions

MAX_SUBSCRIPTIONS = 20
MAX_MESSAGE = 2048
# Nobody who means well asks so often in vain; guessing names over one socket is not counted by any rate limit.
MAX_REFUSALS = 50
TOO_MANY_REFUSALS = 4400
# Rights that shrink are told at once; this is for what nobody tells, such as a session that runs out.
RECHECK_AFTER_S = 60


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Takes `{"subscribe": "<org>/<project>"}`; sends `{"kind", "ids"}` when runs of the project change.

    Access is checked on subscribing, whenever it may have shrunk, and again every time the page asks through its
    URLs. A refused subscription is answered `{"error": {…}}` and leaves the socket open; one that ends later is
    announced as `{"unsubscribed": "<org>/<project>"}`.
    """

    async def connect(self) -> None:
        """Accept anybody: what they may watch is decided when they ask for it."""
        self.watched: dict[int, str] = {}
        self.actor: Actor = ANONYMOUS
        self.refused_count = 0
        await self._look_again()
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one message of the page."""
        try:
            await self._subscribe(_read_path(text_data))
        except AppError as error:
            self.refused_count += 1
            await self._send(error.to_dict())
            if self.refused_count >= MAX_REFUSALS:
                await self.close(code=TOO_MANY_REFUSALS)

    async def _subscribe(self, path: str) -> None:
        if len(self.watched) >= MAX_SUBSCRIPTIONS and path not in self.watched.values():
            raise Invalid(
                _("At most %(count)d subscriptions a socket.") % {"count": MAX_SUBSCRIPTIONS}
            )
        project = await database_sync_to_async(subscriptions.authorise)(self.actor, path)
        self.watched[project.pk] = path
        await self.channel_layer.group_add(live.group_name(project.pk), self.channel_name)
        await self._send({"subscribed": path})

    async def nudge(self, event: dict[str, Any]) -> None:
        """Pass on what changed in a watched project."""
        if clock.now().timestamp() - self.checked_at > RECHECK_AFTER_S:
            await self._look_again()
        if event["project"] in self.watched:
            await self._send({"kind": event["kind"], "ids": event["ids"]})

    async def access_changed(self, event: dict[str, Any]) -> None:
        """Look again who listens, and drop what they may no longer watch."""
        await self._look_again()

    async def _look_again(self) -> None:
        before = self.actor
        self.checked_at = clock.now().timestamp()
        self.actor = await database_sync_to_async(actor_from_session_key)(self._session_key())
        if self.actor.user_id != before.user_id:
            await self._move_between_users(before, self.actor)
        if not self.watched:
            return
        visible = await database_sync_to_async(subscriptions.still_visible)(
            self.actor, set(self.watched)
        )
        for project_id in self.watched.keys() - visible:
            path = self.watched.pop(project_id)
            await self.channel_layer.group_discard(live.group_name(project_id), self.channel_name)
            await self._send({"unsubscribed": path})

    async def _move_between_users(self, before: Actor, now: Actor) -> None:
        if before.user_id is not None:
            group = live.user_group_name(before.user_id)
            await self.channel_layer.group_discard(group, self.channel_name)
        if now.user_id is not None:
            group = live.user_group_name(now.user_id)
            await self.channel_layer.group_add(group, self.channel_name)

    def _session_key(self) -> str | None:
        session = self.scope.get("session")
        return None if session is None else session.session_key

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps(message))

    async def disconnect(self, code: int) -> None:
        """Leave every group."""
        for project_id in self.watched:
            await self.channel_layer.group_discard(live.group_name(project_id), self.channel_name)
        await self._move_between_users(self.actor, ANONYMOUS)


def _read_path(text: str | None) -> str:
    """Return the project's path in a message; raise Invalid for any other message."""
    try:
        message = json.loads(text) if text is not None and len(text) <= MAX_MESSAGE else None
    except (ValueError, RecursionError):
        message = None
    path = message.get("subscribe") if isinstance(message, dict) else None
    if not isinstance(path, str) or path.count("/") != 1:
        raise Invalid(_('Send {"subscribe": "<org>/<project>"}.'))
    return path
