"""The first visit, which makes the administrator."""

import pytest
from django.test import Client

from apps.orgs.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
FORM = {"username": "ann", "email": "ann@example.org", "password": PASSWORD}


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/admin/", "/new", "/acme/mnist", "/x/y/z"]
)
def test_every_page_leads_there_while_nobody_exists(path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response.headers["Location"]) == (302, "/welcome")


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/schema", "/api/v1/auth/me", "/api/docs"])
def test_programs_are_answered_as_ever(path: str) -> None:
    assert Client().get(path).status_code in {200, 401}


@pytest.mark.parametrize(
    ("path", "form"),
    [("/settings/theme", {"theme": "dark"}), ("/settings/language", {"language": "zh-hans"})],
)
def test_language_and_theme_can_be_chosen_before(path: str, form: dict[str, str]) -> None:
    response = Client().post(path, {**form, "next": "/welcome"})
    assert (response.status_code, response.headers["Location"]) == (302, "/welcome")


def test_it_makes_the_administrator_and_signs_in() -> None:
    client = Client(enforce_csrf_checks=False)
    assert client.get("/welcome").status_code == 200
    response = client.post("/welcome", FORM)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    root = User.objects.get()
    assert (root.username, root.is_superuser) == ("ann", True)
    assert client.get("/").status_code == 200
    assert client.get("/admin/").status_code == 200


def test_it_is_gone_afterwards() -> None:
    make_user("somebody")
    for method in ("get", "post"):
        response = getattr(Client(), method)("/welcome", FORM)
        assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "admin"),
        ("username", "A B"),
        ("username", "a\0b"),
        ("email", "x"),
        ("password", "short"),
    ],
)
def test_what_cannot_be_is_shown_at_its_field(field: str, value: str) -> None:
    response = Client().post("/welcome", {**FORM, field: value})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert not User.objects.exists()


def test_a_form_of_another_site_makes_nobody() -> None:
    assert Client(enforce_csrf_checks=True).post("/welcome", FORM).status_code == 403
    assert not User.objects.exists()


def test_more_rights_than_the_form_gives_are_not_taken() -> None:
    Client().post("/welcome", {**FORM, "is_active": "", "pk": "77", "id": "77"})
    assert User.objects.get().pk != 77
