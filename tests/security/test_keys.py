"""A key opens what it was made for and nothing beside it, on every route of the matrix."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.orgs import services as org_services
from apps.orgs.models import ApiKey, Org, User
from tests.api.access_matrix import Row
from tests.api.rest import error_of, send
from tests.api.test_access_matrix import World, world
from tests.conftest import Cast
from tests.factories import make_project
from tests.security.rows import (
    REST,
    UNSAFE,
    arguments_of,
    ask,
    by_family,
    each,
    expected_of,
    is_rest,
    undone,
    url_of,
)

__all__ = ["world"]  # The fixture.

WITHIN = [row for row in REST if {"org", "project", "run"} & set(arguments_of(row))]
FREE = [row for row in REST if row not in WITHIN]


def client_with(user: User, **limits: object) -> Client:
    """Return a client with a key that is cut down to `limits` (columns of ApiKey)."""
    key, secret = org_services.create_api_key(user=user, name="limited")
    ApiKey.objects.filter(pk=key.pk).update(**limits)
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def elsewhere(world: World, cast: Cast) -> dict[str, Client]:
    """ann's keys for another org of hers, and for another project of acme."""
    lab = org_services.create_org(slug="lab", admin=cast.ann)
    other = make_project(cast.acme, "other", cast.ann)
    return {
        "org": client_with(cast.ann, only_org=lab),
        "project": client_with(cast.ann, only_project_id=other.pk),
    }


@by_family(WITHIN)
def test_a_key_for_something_else_finds_nothing_here(
    rows: list[Row], world: World, elsewhere: dict[str, Client]
) -> None:
    for row in each(rows):
        for name, client in elsewhere.items():
            with undone():
                response = ask(client, row, url_of(row, world))
            assert response.status_code == 404, name
            error_of(response)


@by_family(FREE)
def test_a_key_for_something_else_is_told_nothing_of_here(
    rows: list[Row], world: World, elsewhere: dict[str, Client]
) -> None:
    for row in each(rows):
        for name, client in elsewhere.items():
            with undone():
                response = ask(client, row, url_of(row, world))
            assert b"mnist" not in response.content.replace(b"acme/mnist", b""), name
            assert world.arguments["run"].encode() not in response.content, name
            if name == "org":
                assert b'"acme"' not in response.content


def test_a_key_for_one_project_opens_that_project(world: World, cast: Cast) -> None:
    client = client_with(cast.ann, only_project_id=cast.mnist.pk)
    for path in (
        "projects/acme/mnist",
        "projects/acme/mnist/runs",
        f"runs/{world.arguments['run']}",
    ):
        assert send(client, "get", path).status_code == 200, path
    assert [item["slug"] for item in send(client, "get", "projects").json()["items"]] == ["mnist"]
    assert send(client, "get", "orgs").json()["items"] == []


@pytest.mark.parametrize("limit", ["org", "project"])
def test_a_limited_key_makes_no_wider_one(world: World, cast: Cast, limit: str) -> None:
    """Whoever finds such a key must not turn it into all that its owner may do."""
    limits: dict[str, dict[str, object]] = {
        "org": {"only_org": cast.acme},
        "project": {"only_project_id": cast.mnist.pk},
    }
    client = client_with(cast.ann, **limits[limit])
    keys = ApiKey.objects.count()
    response = send(client, "post", "auth/keys", {"name": "wider", "scope": "full"})
    assert response.status_code == 403
    assert ApiKey.objects.count() == keys
    assert send(client, "post", "orgs", {"slug": "outside"}).status_code == 403
    assert not Org.objects.filter(slug="outside").exists()
    assert send(client, "patch", "auth/me", {"name": "x"}).status_code == 403
    assert send(client, "get", "auth/keys").status_code == 403


@by_family([row for row in UNSAFE if is_rest(row) and expected_of(row, "member") == 403])
def test_a_key_that_writes_runs_does_what_members_do_at_most(
    rows: list[Row], world: World, cast: Cast
) -> None:
    for row in each(rows):
        client = client_with(cast.ann, scope=ApiKey.Scope.WRITE)
        with undone():
            assert ask(client, row, url_of(row, world)).status_code == 403


def test_a_key_of_the_deactivated_is_dead(world: World, cast: Cast) -> None:
    client = client_with(cast.mel)
    assert send(client, "get", "auth/me").status_code == 200
    org_services.set_active(user=cast.mel, is_active=False)
    assert send(client, "get", "auth/me").status_code == 401


def test_a_key_is_not_searched_for_by_a_part_of_it(world: World) -> None:
    secret = world.keys["admin"]
    for wrong in (
        secret[:-1],
        secret + "x",
        secret[:8],
        secret.upper(),
        f"{secret}%",
        "_" * 40,
        "%",
    ):
        client = Client(headers={"Authorization": f"Bearer {wrong}"})
        assert send(client, "get", "auth/me").status_code == 401
