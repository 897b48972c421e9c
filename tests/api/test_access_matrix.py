"""Every URL answers every kind of visitor as the matrix says, and no URL is without its row."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RoutePattern
from rest_framework.views import APIView

from apps.core import clock
from apps.orgs import services as org_services
from apps.orgs.actor import Actor
from apps.orgs.federation.groups import create_mapping
from apps.orgs.models import ApiKey, Role, User
from apps.runs.models import Run
from tests.api.access_matrix import ACTORS, ADMIN, ASGI_DOORS, PUBLIC, ROWS, SOCKET, STREAM, Row
from tests.api.metrics.stream_client import Writer, post
from tests.api.sockets import Socket, play
from tests.conftest import Cast
from tests.factories import make_run, make_user
from wanllmdb.asgi import application


@dataclass
class World:
    """The actors' clients, and what the arguments of URLs stand for."""

    people: dict[str, User]
    keys: dict[str, str]
    arguments: dict[str, Any]

    def client(self, actor: str, *, is_api: bool) -> Client:
        """Return a client that speaks for `actor`: by key to REST, by session to pages."""
        if actor in {"read_key", "expired_key", "revoked_key"} or (is_api and actor in self.keys):
            return Client(headers={"Authorization": f"Bearer {self.keys[actor]}"})
        client = Client()
        if actor in self.people:
            client.force_login(self.people[actor])
        return client


@pytest.fixture
def world(cast: Cast) -> World:
    root = make_user("root-user", is_admin=True)
    people = {
        "stranger": cast.sam,
        "viewer": cast.vic,
        "member": cast.mel,
        "admin": cast.ann,
        "superuser": root,
    }
    keys = {name: _key(user) for name, user in people.items()}
    keys["read_key"] = _key(cast.ann, scope=ApiKey.Scope.READ)
    keys["expired_key"] = _key(cast.ann)
    past = clock.now() - timedelta(seconds=1)
    ApiKey.objects.filter(digest=ApiKey.digest_of(keys["expired_key"])).update(expires_at=past)
    keys["revoked_key"] = _key(cast.ann)
    revoked = ApiKey.objects.get(digest=ApiKey.digest_of(keys["revoked_key"]))
    org_services.revoke_api_key(key=revoked)
    run = make_run(cast.mnist, cast.mel)
    # The same word names the run in the API, by uid, and on pages, by short ID.
    Run.objects.filter(pk=run.pk).update(short_id=run.uid)
    owned, _secret = org_services.create_api_key(user=cast.ann, name="owned")
    SocialAccount.objects.create(pk=owned.pk, user=cast.ann, provider="oidc", uid="ann")
    arguments = {
        "org": "acme",
        "project": "mnist",
        "run": run.uid,
        "key": owned.pk,
        "pk": owned.pk,
        "mapping": create_mapping(
            org=cast.acme, group="ml", role=Role.objects.get(key="viewer")
        ).pk,
        **_people_of_acme(cast),
    }
    return World(people, keys, arguments)


def _people_of_acme(cast: Cast) -> dict[str, Any]:
    """Return the arguments that name a member, a team, a role, an invitation and a service account."""
    ann = Actor.for_user(cast.ann)
    team = org_services.create_team(org=cast.acme, slug="crew")
    role = org_services.create_role(org=cast.acme, name="Reader", permissions=["org.view"], by=ann)
    invitation, token = org_services.create_invitation(
        org=cast.acme, role=role, by=ann, expires_at=clock.now() + timedelta(days=1)
    )
    org_services.revoke_invitation(invitation=invitation)  # An open one would keep the role.
    robot = org_services.create_service_account(org=cast.acme, username="robot", role=role, by=ann)
    org_services.set_role(org=cast.acme, user=robot, role="viewer")
    key, _secret = org_services.create_api_key(user=robot, name="k")
    return {
        "username": "mel",
        "team": team.slug,
        "role": role.pk,
        "invitation": invitation.pk,
        "token": token,
        "account": robot.username,
        "account_key": key.pk,
    }


def _key(user: User, **overrides: Any) -> str:
    _row, secret = org_services.create_api_key(user=user, name="test", **overrides)
    return secret


# --- The routes --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Route:
    name: str
    pattern: URLPattern
    arguments: tuple[str, ...]

    @property
    def methods(self) -> set[str] | None:
        """The methods that a REST view has; None for pages, which decide by themselves."""
        view = getattr(self.pattern.callback, "cls", None)
        if view is None or not issubclass(view, APIView):
            return None
        verbs = {"get", "post", "put", "patch", "delete"}
        return {verb.upper() for verb in verbs if hasattr(view, verb)}


def routes(
    resolver: URLResolver | None = None, prefix: str = "", arguments: tuple[str, ...] = ()
) -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = entry.pattern
        found = (
            tuple(pattern.converters)
            if isinstance(pattern, RoutePattern)
            else tuple(pattern.regex.groupindex)
        )
        if isinstance(entry, URLResolver):
            namespace = f"{entry.namespace}:" if entry.namespace else ""
            yield from routes(entry, prefix + namespace, arguments + found)
        else:
            yield Route(f"{prefix}{entry.name}", entry, arguments + found)


ROUTES = {route.name: route for route in routes()}
OURS = {name: route for name, route in ROUTES.items() if not name.startswith(ADMIN)}


def test_every_route_has_a_name() -> None:
    assert [name for name in OURS if name.endswith("None")] == []


def test_every_route_has_a_row_or_a_reason_to_need_none() -> None:
    with_row = {row.route for row in ROWS}
    assert sorted(OURS.keys() - with_row - PUBLIC.keys()) == [], "add rows to access_matrix.ROWS"
    assert sorted((with_row | PUBLIC.keys()) - OURS.keys()) == [], "rows of routes that are gone"
    assert sorted(with_row & PUBLIC.keys()) == []


def test_every_method_of_every_rest_route_has_a_row() -> None:
    missing = [
        f"{method} {route.name}"
        for route in OURS.values()
        if route.name not in PUBLIC
        for method in route.methods or ()
        if not any(row.route == route.name and row.method == method for row in ROWS)
    ]
    assert missing == []


def test_no_row_is_there_twice() -> None:
    names = [str(row) for row in ROWS]
    assert sorted({name for name in names if names.count(name) > 1}) == []


# --- The answers -------------------------------------------------------------------------------
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_access(row: Row, world: World) -> None:
    found = {actor: _ask(row, world, actor) for actor in ACTORS}
    assert found == dict(zip(ACTORS, row.expected, strict=True))


def _ask(row: Row, world: World, actor: str) -> int:
    names = OURS[row.route].arguments
    url = reverse(row.route, kwargs={name: world.arguments[name] for name in names}) + row.query
    is_api = url.startswith("/api/")
    options: dict[str, Any] = {"content_type": "application/json"} if is_api else {}
    with transaction.atomic():
        send = getattr(world.client(actor, is_api=is_api), row.method.lower())
        status: int = send(url, row.body, **(options if row.method != "GET" else {})).status_code
        transaction.set_rollback(True)  # The next actor finds everything as this one did.
    return status


@pytest.mark.django_db(transaction=True)
def test_access_to_the_stream_route(world: World) -> None:
    found = {}
    for actor in ACTORS:
        writer = Writer(world.arguments["run"], world.keys.get(actor, ""))
        body, headers = writer.request([])
        if not writer.key:
            del headers["authorization"]
        found[actor] = post(writer.run_uid, body, headers).status
    assert found == dict(zip(ACTORS, STREAM, strict=True))


def test_access_to_the_socket(world: World) -> None:
    found = {}

    async def ask(actor: str, client: Client) -> None:
        socket = Socket(client)
        assert await socket.open()
        answer = await socket.say({"subscribe": "acme/mnist"})
        found[actor] = answer["error"]["code"] if "error" in answer else next(iter(answer))
        await socket.close()

    for actor in ACTORS:
        play(partial(ask, actor, world.client(actor, is_api=False)))
    assert found == dict(zip(ACTORS, SOCKET, strict=True))


def test_there_is_no_other_door() -> None:
    tree = ast.parse((settings.BASE_DIR / "wanllmdb" / "asgi.py").read_text(encoding="utf-8"))
    taken = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("apps", "wanllmdb"))
        for name in node.names
    }
    assert taken == ASGI_DOORS
    assert set(application.application_mapping) == {"http", "websocket", "lifespan"}


def test_the_admin_is_for_staff(world: World) -> None:
    """Every URL of Django's admin leads those without a session to the sign-in page and refuses the rest."""
    names = [name for name in ROUTES if name.startswith(ADMIN) and name != "admin:None"]
    assert len(names) > 20
    for actor in ("anonymous", "stranger", "viewer", "member", "admin", "read_key"):
        client = world.client(actor, is_api=False)
        for name in names:
            route = ROUTES[name]
            url = (
                reverse(name, kwargs=_admin_arguments(route)) if route.arguments else reverse(name)
            )
            response = client.get(url)
            if actor in world.people:
                assert response.status_code == 403 or _is_sign_in(response), f"{actor} {url}"
            else:
                assert _is_sign_in(response), f"{actor} {url}"


def _admin_arguments(route: Route) -> dict[str, Any]:
    values = {"object_id": "1", "id": "1", "app_label": "orgs", "content_type_id": 1, "url": "x"}
    values |= {"object_pk": "1", "user_id": "1", "group_id": "1"}
    return {name: values[name] for name in route.arguments}


def _is_sign_in(response: Any) -> bool:
    return response.status_code == 302 and any(
        word in response.headers["Location"] for word in ("/login/", settings.LOGIN_REDIRECT_URL)
    )
