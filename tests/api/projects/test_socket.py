"""The live socket: who may watch what, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import logout
from django.http import HttpRequest
from django.test import Client
from pytest_django import Settings

from apps.core import clock, live
from apps.orgs import services as org_services
from apps.orgs.models import User
from apps.projects import consumers
from apps.projects import services as project_services
from tests.api.sockets import Socket, play
from tests.conftest import Cast
from tests.factories import make_project


def make_socket(user: User | None, **headers: str) -> Socket:
    client = Client()
    if user is not None:
        client.force_login(user)
    return Socket(client, **headers)


async def watching(user: User | None, path: str = "acme/mnist") -> Socket:
    socket = await sync_to_async(make_socket)(user)
    assert await socket.open()
    assert await socket.say({"subscribe": path}) == {"subscribed": path}
    return socket


def test_members_hear_what_changes_and_no_data(cast: Cast) -> None:
    async def scenario() -> None:
        socket = await watching(cast.vic)
        await sync_to_async(live.publish)(cast.mnist.pk, "runs", ["b", "a"])
        assert await socket.hear() == {"kind": "runs", "ids": ["a", "b"]}
        await sync_to_async(live.publish)(cast.mnist.pk + 1, "runs", ["c"])
        assert await socket.hear() is None
        await socket.close()

    play(scenario)


@pytest.mark.parametrize(
    ("who", "path", "code"),
    [
        (None, "acme/mnist", "unauthenticated"),
        ("sam", "acme/mnist", "project_not_found"),
        ("vic", "acme/other", "project_not_found"),
        ("vic", "acme/a\0b", "project_not_found"),
        ("vic", "acme/\ud800", "project_not_found"),
        ("vic", "a/b/c", "invalid"),
        ("vic", "acme", "invalid"),
    ],
)
def test_others_are_refused_and_may_ask_again(
    cast: Cast, who: str | None, path: str, code: str
) -> None:
    async def scenario() -> None:
        user = None if who is None else getattr(cast, who)
        socket = await sync_to_async(make_socket)(user)
        assert await socket.open()
        answer = await socket.say({"subscribe": path})
        assert answer["error"]["code"] == code
        await sync_to_async(live.publish)(cast.mnist.pk, "runs", ["a"])
        assert await socket.hear() is None
        await socket.close()

    play(scenario)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"subscribe": 7}', '{"x": "acme/mnist"}', "[" * 2000, "x" * 99_999],
)
def test_what_is_no_message_is_said_so(cast: Cast, text: str) -> None:
    async def scenario() -> None:
        socket = await sync_to_async(make_socket)(cast.ann)
        await socket.open()
        assert (await socket.send(text=text))["error"]["code"] == "invalid"
        assert (await socket.send(bytes=b"\0\1"))["error"]["code"] == "invalid"
        await socket.close()

    play(scenario)


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [("http://testserver", True), ("https://evil.example", False), ("null", False), ("", False)],
)
def test_pages_of_other_sites_are_not_let_in(cast: Cast, origin: str, is_let_in: bool) -> None:
    async def scenario() -> None:
        socket = await sync_to_async(make_socket)(cast.ann, origin=origin)
        assert await socket.open() is is_let_in

    play(scenario)


def end_membership(cast: Cast) -> None:
    org_services.remove_member(org=cast.acme, user=cast.mel)


def deactivate(cast: Cast) -> None:
    org_services.set_active(user=cast.mel, is_active=False)


def delete_project(cast: Cast) -> None:
    project_services.delete_project(project=cast.mnist)


def set_password(cast: Cast) -> None:
    cast.mel.set_password("another good one")
    cast.mel.save()
    org_services.announce_access_changed(cast.mel.pk)


@pytest.mark.parametrize("end", [end_membership, deactivate, delete_project, set_password])
def test_who_may_no_longer_look_stops_hearing_at_once(
    cast: Cast, end: Callable[[Cast], None]
) -> None:
    async def scenario() -> None:
        socket, other = await watching(cast.mel), await watching(cast.ann)
        await sync_to_async(end)(cast)
        assert await socket.hear() == {"unsubscribed": "acme/mnist"}
        await sync_to_async(live.publish)(cast.mnist.pk, "runs", ["a"])
        assert await socket.hear() is None
        answer = await socket.say({"subscribe": "acme/mnist"})
        assert answer["error"]["code"] in {"project_not_found", "unauthenticated"}
        others = (
            {"unsubscribed": "acme/mnist"}
            if end is delete_project
            else {"kind": "runs", "ids": ["a"]}
        )
        assert await other.hear() == others

    play(scenario)


def test_a_lesser_role_that_may_still_look_goes_on_hearing(cast: Cast) -> None:
    async def scenario() -> None:
        socket = await watching(cast.mel)
        await sync_to_async(org_services.set_role)(org=cast.acme, user=cast.mel, role="viewer")
        await sync_to_async(live.publish)(cast.mnist.pk, "runs", ["a"])
        assert await socket.hear() == {"kind": "runs", "ids": ["a"]}

    play(scenario)


def test_strangers_stop_hearing_of_what_is_no_longer_public(cast: Cast, settings: Settings) -> None:
    settings.ANONYMOUS_ACCESS = True
    shown = make_project(cast.acme, "shown", cast.ann, visibility="public")

    async def scenario() -> None:
        stranger, nobody = (
            await watching(cast.sam, "acme/shown"),
            await watching(None, "acme/shown"),
        )
        member = await watching(cast.vic, "acme/shown")
        await sync_to_async(project_services.update_project)(project=shown, visibility="private")
        for socket in (stranger, nobody):
            assert await socket.hear() == {"unsubscribed": "acme/shown"}
        assert await member.hear() is None

    play(scenario)


def test_who_signed_out_elsewhere_stops_hearing_within_a_minute(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sign_out(socket: Socket) -> None:
        request = HttpRequest()
        request.session = socket.client.session
        logout(request)

    async def scenario() -> None:
        socket = await watching(cast.mel)
        await sync_to_async(sign_out)(socket)
        later = clock.now() + timedelta(seconds=consumers.RECHECK_AFTER_S + 1)
        monkeypatch.setattr(clock, "now", lambda: later)
        await sync_to_async(live.publish)(cast.mnist.pk, "runs", ["a"])
        assert await socket.hear() == {"unsubscribed": "acme/mnist"}
        assert await socket.hear() is None

    play(scenario)


def test_one_socket_watches_a_few_projects(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "MAX_SUBSCRIPTIONS", 1)
    make_project(cast.acme, "other", cast.ann)

    async def scenario() -> None:
        socket = await watching(cast.vic)
        assert "error" in await socket.say({"subscribe": "acme/other"})
        assert await socket.say({"subscribe": "acme/mnist"}) == {"subscribed": "acme/mnist"}

    play(scenario)


def test_guessing_names_ends_the_socket(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "MAX_REFUSALS", 2)

    async def scenario() -> None:
        socket = await sync_to_async(make_socket)(cast.sam)
        await socket.open()
        for number in range(2):
            assert "error" in await socket.say({"subscribe": f"acme/{number}"})
        closed = await socket.wire.receive_output()
        assert (closed["type"], closed["code"]) == ("websocket.close", 4400)

    play(scenario)
