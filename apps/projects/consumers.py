"""The one socket: it says what changed in a project, never what it is now."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from apps.core import live
from apps.core.errors import AppError
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.models import User
from apps.projects import access

MAX_SUBSCRIPTIONS = 20


class LiveConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Takes `{"subscribe": "<org>/<project>"}`; sends `{"kind", "ids"}` when runs of the project change.

    Access is checked on subscribing and again every time the page asks through its URLs. A refused
    subscription is answered `{"error": {…}}` and leaves the socket open.
    """

    async def connect(self) -> None:
        self.groups_joined: set[str] = set()
        await self.accept()

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        path = content.get("subscribe") if isinstance(content, dict) else None
        if not isinstance(path, str) or path.count("/") != 1:
            await self.send_json(_refusal('Send {"subscribe": "<org>/<project>"}.'))
            return
        if len(self.groups_joined) >= MAX_SUBSCRIPTIONS:
            await self.send_json(_refusal(f"At most {MAX_SUBSCRIPTIONS} subscriptions a socket."))
            return
        try:
            group = await database_sync_to_async(self._authorise)(*path.split("/"))
        except AppError as error:
            await self.send_json(error.to_dict())
            return
        await self.channel_layer.group_add(group, self.channel_name)
        self.groups_joined.add(group)
        await self.send_json({"subscribed": path})

    def _authorise(self, org: str, project: str) -> str:
        user = self.scope.get("user")
        actor = Actor.for_user(user) if isinstance(user, User) and user.is_active else ANONYMOUS
        return live.group_name(access.get_project(actor, org, project).pk)

    async def nudge(self, event: dict[str, Any]) -> None:
        await self.send_json({"kind": event["kind"], "ids": event["ids"]})

    async def disconnect(self, code: int) -> None:
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)


def _refusal(message: str) -> dict[str, Any]:
    return {"error": {"code": "invalid", "message": message, "fields": {}}}
