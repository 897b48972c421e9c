"""/projects and /projects/{org}/{project}."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.orgs import services as org_services
from apps.orgs.models import User
from apps.projects import services
from apps.projects.models import Project
from tests.api.rest import error_of, send
from tests.conftest import Cast
from tests.factories import make_project

AsUser = Callable[[User], Client]
MNIST = "projects/acme/mnist"


def test_a_project_is_made_once(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.mel)
    body = {
        "org": "acme", "slug": "图像 1", "name": "Images", "description": "d", "visibility": "public",
        "tags": ["vision", "vision", " cnn "],
    }  # fmt: skip
    response = send(client, "post", "projects", body)
    assert response.status_code == 201
    made = response.json()
    assert {name: made[name] for name in body} == {**body, "tags": ["vision", "cnn"]}
    assert made["user"] == "mel"
    assert made["url"] == f"http://testserver/acme/{quote('图像 1')}"
    again = send(client, "post", "projects", body)
    assert again.status_code == 409
    assert error_of(again)["code"] == "project_exists"


def test_without_an_org_it_is_one_s_own(cast: Cast, as_user: AsUser) -> None:
    made = send(as_user(cast.sam), "post", "projects", {"slug": "p"}).json()
    assert (made["org"], made["visibility"], made["tags"]) == ("sam", "private", [])


@pytest.mark.parametrize("org", ["acme", "nowhere", "a\\u0000b", "ANN", "ann"])
def test_nobody_makes_projects_where_they_do_not_belong(
    cast: Cast, as_user: AsUser, org: str
) -> None:
    response = send(as_user(cast.sam), "post", "projects", {"org": org, "slug": "p"})
    assert response.status_code == 404
    assert error_of(response)["code"] == "org_not_found"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "slug"),
        ({"slug": None}, "slug"),
        ({"slug": 7}, "slug"),
        ({"slug": ""}, "slug"),
        ({"slug": "a/b"}, "slug"),
        ({"slug": "a\0b"}, "slug"),
        ({"slug": "x" * 129}, "slug"),
        ({"slug": " a"}, "slug"),
        ({"slug": "p", "org": 7}, "org"),
        ({"slug": "p", "org": "a\0b"}, "org"),
        ({"slug": "p", "name": "a\0b"}, "name"),
        ({"slug": "p", "name": "a\nb"}, "name"),
        ({"slug": "p", "name": "x" * 201}, "name"),
        ({"slug": "p", "description": "a\0b"}, "description"),
        ({"slug": "p", "description": "x" * 100_001}, "description"),
        ({"slug": "p", "visibility": "open"}, "visibility"),
        ({"slug": "p", "visibility": True}, "visibility"),
        ({"slug": "p", "tags": "a"}, "tags"),
        ({"slug": "p", "tags": [1]}, "tags.0"),
        ({"slug": "p", "tags": ["a\0b"]}, "tags.0"),
        ({"slug": "p", "tags": ["x" * 101]}, "tags"),
        ({"slug": "p", "tags": [str(n) for n in range(51)]}, "tags"),
        ({"slug": "p", "created_by": "ann"}, "created_by"),
        ({"slug": "p", "user": "ann"}, "user"),
        ({"slug": "p", "deleted_at": None}, "deleted_at"),
        ({"slug": "p", "last_run_number": 7}, "last_run_number"),
    ],
)
def test_what_a_project_cannot_be_is_named(
    cast: Cast, as_user: AsUser, body: dict[str, object], field: str
) -> None:
    response = send(as_user(cast.mel), "post", "projects", {"org": "acme", **body})
    assert response.status_code == 422
    assert field in error_of(response)["fields"]
    assert Project.objects.count() == 1


def test_what_is_not_sent_stays(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.mel)
    send(client, "patch", MNIST, {"description": "d", "tags": ["a"]})
    changed = send(client, "patch", MNIST, {"visibility": "public"}).json()
    assert (changed["description"], changed["tags"], changed["visibility"]) == (
        "d",
        ["a"],
        "public",
    )
    assert send(client, "patch", MNIST, {}).json()["description"] == "d"


@pytest.mark.parametrize("field", ["org", "user", "created_at", "deleted_at", "id", "created_by"])
def test_a_project_does_not_change_hands(cast: Cast, as_user: AsUser, field: str) -> None:
    response = send(as_user(cast.ann), "patch", MNIST, {field: "sam"})
    assert response.status_code == 422
    assert list(error_of(response)["fields"]) == [field]


def test_a_new_slug_leaves_the_old_address_empty(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.mel)
    make_project(cast.acme, "taken", cast.ann)
    assert send(client, "patch", MNIST, {"slug": "taken"}).status_code == 409
    assert send(client, "patch", MNIST, {"slug": "digits"}).json()["url"].endswith("/acme/digits")
    assert send(client, "get", MNIST).status_code == 404
    assert send(client, "get", "projects/acme/digits").status_code == 200


def test_the_deleted_are_gone_and_their_name_is_free(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.ann)
    assert send(client, "delete", MNIST).status_code == 204
    response = send(client, "delete", MNIST)
    assert response.status_code == 404
    assert error_of(response)["code"] == "project_not_found"
    assert send(client, "get", "projects").json()["items"] == []
    assert send(client, "post", "projects", {"org": "acme", "slug": "mnist"}).status_code == 201


def test_one_lists_what_one_may_see(cast: Cast, as_user: AsUser, settings: Settings) -> None:
    other = org_services.create_org(slug="other", admin=cast.sam)
    make_project(other, "hidden", cast.sam)
    make_project(other, "shown", cast.sam, visibility="public")

    def names(client: Client, query: str = "") -> list[str]:
        items = send(client, "get", f"projects{query}").json()["items"]
        return [f"{item['org']}/{item['slug']}" for item in items]

    assert names(as_user(cast.vic)) == ["other/shown", "acme/mnist"]
    assert names(as_user(cast.vic), "?org=acme") == ["acme/mnist"]
    assert names(as_user(cast.vic), "?org=nowhere") == []
    assert names(as_user(cast.sam)) == ["other/shown", "other/hidden"]
    assert names(Client()) == []
    settings.ANONYMOUS_ACCESS = True
    assert names(Client()) == ["other/shown"]
    assert send(Client(), "get", "projects/other/shown").status_code == 200
    assert send(Client(), "get", "projects/other/hidden").status_code == 401
    assert send(Client(), "patch", "projects/other/shown", {"name": "x"}).status_code == 403


def test_a_public_project_is_no_way_into_its_org(cast: Cast, as_user: AsUser) -> None:
    services.update_project(project=cast.mnist, visibility="public")
    client = as_user(cast.sam)
    assert send(client, "get", MNIST).status_code == 200
    assert send(client, "get", "orgs/acme").status_code == 404
    assert send(client, "patch", MNIST, {"name": "x"}).status_code == 403
    assert send(client, "delete", MNIST).status_code == 403
    assert send(client, "post", f"{MNIST}/runs", {}).status_code == 403


def test_pages_hold_every_project_once(
    cast: Cast, as_user: AsUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(7):
        make_project(cast.acme, f"p{number}", cast.mel)
    client, found, cursor = as_user(cast.vic), [], ""
    send(client, "get", "projects")  # The key's last use is noted once a minute.
    while cursor is not None:
        with django_assert_num_queries(2):
            page = send(client, "get", f"projects?limit=3&cursor={cursor}").json()
        found += [item["slug"] for item in page["items"]]
        cursor = page["next"]
    assert found == [*(f"p{number}" for number in reversed(range(7))), "mnist"]


def test_an_address_behind_a_proxy_is_the_configured_one(
    cast: Cast, as_user: AsUser, settings: Settings
) -> None:
    settings.BASE_URL = "https://lab.example.org/"
    assert (
        send(as_user(cast.mel), "get", MNIST).json()["url"] == "https://lab.example.org/acme/mnist"
    )


@pytest.mark.parametrize(
    "slug", ["a b", "图像", "a&b=c", "a+b", "a;b", "a'b", "(a)", "~", "a@b", "a,b"]
)
def test_every_name_has_an_address_that_works(cast: Cast, as_user: AsUser, slug: str) -> None:
    client = as_user(cast.mel)
    send(client, "post", "projects", {"org": "acme", "slug": slug})
    found = send(client, "get", f"projects/acme/{quote(slug, safe='')}")
    assert found.status_code == 200
    page = Client()
    page.force_login(cast.mel)
    path = found.json()["url"].removeprefix("http://testserver")
    assert page.get(path).status_code == 200
    assert page.get(f"{path}/settings").status_code == 200
