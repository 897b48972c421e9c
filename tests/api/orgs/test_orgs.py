"""/orgs and /orgs/{org}."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries as MaxQueries

from apps.orgs import services
from apps.orgs.models import Membership, Org, User
from apps.orgs.permissions import BuiltinRole
from tests.api.rest import error_of, send
from tests.conftest import Cast

AsUser = Callable[[User], Client]


def test_who_makes_an_org_is_its_admin(cast: Cast, as_user: AsUser) -> None:
    response = send(as_user(cast.sam), "post", "orgs", {"slug": "lab", "name": "The Lab"})
    assert response.status_code == 201
    body = response.json()
    assert (body["slug"], body["name"], body["role"], body["is_personal"]) == (
        "lab",
        "The Lab",
        "admin",
        False,
    )
    assert Membership.objects.get(org__slug="lab").user == cast.sam


@pytest.mark.parametrize("slug", ["acme", "ann", "api", "settings"])
def test_a_taken_name_is_a_conflict(cast: Cast, as_user: AsUser, slug: str) -> None:
    response = send(as_user(cast.sam), "post", "orgs", {"slug": slug})
    assert response.status_code == 409
    assert error_of(response)["code"] == "org_exists"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "slug"),
        ({"slug": "Lab"}, "slug"),
        ({"slug": "l/ab"}, "slug"),
        ({"slug": "x" * 64}, "slug"),
        ({"slug": "lab", "name": "a\0b"}, "name"),
        ({"slug": "lab", "name": "x" * 151}, "name"),
        ({"slug": "lab", "description": "a\0b"}, "description"),
        ({"slug": "lab", "is_personal": True}, "is_personal"),
        ({"slug": "lab", "members": ["ann"]}, "members"),
    ],
)
def test_what_an_org_cannot_be_is_named(
    cast: Cast, as_user: AsUser, body: dict[str, object], field: str
) -> None:
    response = send(as_user(cast.sam), "post", "orgs", body)
    assert response.status_code == 422
    assert list(error_of(response)["fields"]) == [field]


def test_name_and_description_change_and_nothing_else(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.ann)
    response = send(client, "patch", "orgs/acme", {"name": "Acme Inc", "description": "d"})
    assert response.json()["name"] == "Acme Inc"
    for field in ("slug", "is_personal", "created_at", "role", "memberships"):
        response = send(client, "patch", "orgs/acme", {field: "x"})
        assert response.status_code == 422
        assert list(error_of(response)["fields"]) == [field]
    assert Org.objects.get(slug="acme").description == "d"


def test_one_lists_the_orgs_one_belongs_to(cast: Cast, as_user: AsUser) -> None:
    listed = send(as_user(cast.vic), "get", "orgs").json()
    assert [(org["slug"], org["role"]) for org in listed["items"]] == [
        ("acme", "viewer"),
        ("vic", "admin"),
    ]
    assert listed["next"] is None


def test_an_administrator_sees_all_orgs_with_their_own_role_or_none(
    cast: Cast, as_user: AsUser
) -> None:
    root = services.create_user(username="root-user", is_admin=True)
    services.set_role(org=cast.acme, user=root, role=BuiltinRole.VIEWER)
    items = send(as_user(root), "get", "orgs").json()["items"]
    roles = {org["slug"]: org["role"] for org in items}
    assert roles == {
        "acme": "viewer",
        "ann": None,
        "mel": None,
        "root-user": "admin",
        "sam": None,
        "vic": None,
    }


def test_pages_hold_every_org_once(
    cast: Cast, as_user: AsUser, django_assert_max_num_queries: MaxQueries
) -> None:
    for number in range(7):
        services.create_org(slug=f"lab-{number}", admin=cast.ann)
    client, found, cursor = as_user(cast.ann), [], ""
    while cursor is not None:
        with django_assert_max_num_queries(3):
            page = send(client, "get", f"orgs?limit=4&cursor={cursor}").json()
        found += [org["slug"] for org in page["items"]]
        cursor = page["next"]
    assert found == ["acme", "ann", *(f"lab-{number}" for number in range(7))]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "limit=501", "limit=²", f"limit={'9' * 5000}", "limit="],
)
def test_a_limit_that_is_none_is_named(cast: Cast, as_user: AsUser, query: str) -> None:
    response = send(as_user(cast.ann), "get", f"orgs?{query}")
    assert response.status_code == 422
    assert list(error_of(response)["fields"]) == ["limit"]


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "WyJhXHUwMDAwYiJd", "é", "%ff", "W1tdXQ"])
def test_a_cursor_that_is_none_of_ours_is_refused(cast: Cast, as_user: AsUser, cursor: str) -> None:
    for path in ("orgs", "projects"):
        response = send(as_user(cast.ann), "get", f"{path}?cursor={cursor}")
        if cursor == "WzFd" and path == "projects":  # [1], a place in the list of projects.
            assert response.status_code == 200
            continue
        assert response.status_code == 400
        error_of(response)
