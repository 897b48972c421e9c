"""The pages that make, change and delete a project."""

import pytest
from django.test import Client
from pytest_django import Settings

from apps.orgs import services as org_services
from apps.orgs.models import User
from apps.projects import services as project_services
from apps.projects.models import Project
from tests.conftest import Cast
from tests.factories import make_run

FORM = {"slug": "mnist", "name": "", "description": "d", "visibility": "private", "tags": "a, b，c"}


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_project_is_made_and_shown(cast: Cast) -> None:
    response = page(cast.mel).post("/new", {**FORM, "org": "acme", "slug": "图像"})
    assert response.status_code == 302
    project = Project.objects.get(slug="图像")
    assert response.headers["Location"] == project.get_absolute_url()
    assert (project.org, project.tags, project.created_by) == (cast.acme, ["a", "b", "c"], cast.mel)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "mnist"),
        ("slug", "a/b"),
        ("slug", ""),
        ("slug", "a\0b"),
        ("org", "other"),
        ("org", "nowhere"),
        ("visibility", "open"),
        ("tags", "x" * 101),
        ("description", "a\0b"),
    ],
)
def test_what_cannot_be_is_said_and_not_made(cast: Cast, field: str, value: str) -> None:
    org_services.create_org(slug="other", admin=cast.sam)
    form = {**FORM, "org": "acme", "slug": "new-one", field: value}
    response = page(cast.mel).post("/new", form)
    assert response.status_code == 422
    assert response.context["form"].errors
    assert Project.objects.count() == 1


def test_a_project_is_renamed_and_the_page_moves_along(cast: Cast) -> None:
    response = page(cast.mel).post("/acme/mnist/settings", {**FORM, "slug": "digits"})
    assert response.headers["Location"] == "/acme/digits/settings"
    project = Project.objects.get(pk=cast.mnist.pk)
    assert (project.slug, project.description, project.tags) == ("digits", "d", ["a", "b", "c"])


def test_a_refused_change_shows_what_is_stored_around_the_form(cast: Cast) -> None:
    response = page(cast.mel).post("/acme/mnist/settings", {**FORM, "slug": "a/b"})
    assert response.status_code == 422
    assert response.context["project"].slug == "mnist"
    assert Project.objects.get(pk=cast.mnist.pk).description == ""


def test_whoever_deletes_types_the_name(cast: Cast) -> None:
    client = page(cast.ann)
    for typed in ("", "MNIST", "acme/mnist"):
        assert client.post("/acme/mnist/delete", {"confirm": typed}).status_code == 422
    assert client.get("/acme/mnist/delete").status_code == 200
    assert Project.objects.in_org(cast.acme).exists()
    assert client.post("/acme/mnist/delete", {"confirm": "mnist"}).status_code == 302
    assert not Project.objects.in_org(cast.acme).exists()


def test_only_admins_are_offered_to_delete(cast: Cast) -> None:
    for user, offered in ((cast.ann, True), (cast.mel, False)):
        response = page(user).get("/acme/mnist/settings")
        assert response.context["can_delete"] is offered


def test_a_public_project_s_pages_are_open_where_the_installation_says_so(
    cast: Cast, settings: Settings
) -> None:
    run = make_run(cast.mnist, cast.mel)
    paths = [
        "/acme/mnist",
        *(f"{run.get_absolute_url()}{tab}" for tab in ("", "/charts", "/system", "/logs")),
    ]
    visitor, stranger = Client(), page(cast.sam)

    def statuses(client: Client) -> set[int]:
        return {client.get(path).status_code for path in paths}

    assert (statuses(visitor), statuses(stranger)) == ({302}, {404})
    project_services.update_project(project=cast.mnist, visibility="public")
    assert (statuses(visitor), statuses(stranger)) == ({302}, {200})
    settings.ANONYMOUS_ACCESS = True
    assert (statuses(visitor), statuses(stranger)) == ({200}, {200})
    assert visitor.get("/acme/mnist/settings").status_code == 403
    assert visitor.get("/").status_code == 302
