"""The pages of one's own settings."""

import pytest
from django.test import Client
from pytest_django import Settings

from apps.orgs import services
from apps.orgs.models import ApiKey, User
from tests.conftest import Cast
from tests.factories import PASSWORD


@pytest.fixture
def page(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.mel)
    return client


PROFILE = {"name": "Mel", "email": "mel@example.org", "language": "", "theme": "dark"}


def test_a_profile_is_saved(cast: Cast, page: Client) -> None:
    response = page.post("/settings/profile", PROFILE, follow=True)
    assert response.status_code == 200
    mel = User.objects.get(pk=cast.mel.pk)
    assert (mel.name, mel.theme, mel.email) == ("Mel", "dark", "mel@example.org")


def test_a_new_address_asks_for_the_password(cast: Cast, page: Client) -> None:
    new = {**PROFILE, "email": "new@example.org"}
    for password in ("", "wrong"):
        response = page.post("/settings/profile", {**new, "current_password": password})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["current_password"]
    assert page.post("/settings/profile", {**new, "current_password": PASSWORD}).status_code == 302
    assert User.objects.get(pk=cast.mel.pk).email == "new@example.org"


def test_the_password_cannot_be_tried_out_there(cast: Cast, page: Client) -> None:
    new = {**PROFILE, "email": "new@example.org"}
    for _ in range(5):
        page.post("/settings/profile", {**new, "current_password": "wrong"})
    response = page.post("/settings/profile", {**new, "current_password": PASSWORD})
    assert response.status_code == 422
    assert User.objects.get(pk=cast.mel.pk).email == "mel@example.org"


def test_an_old_address_opens_nothing_any_more(
    cast: Cast, page: Client, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = True
    visitor = Client()
    form = {
        "username": "new-one",
        "email": "old@example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert visitor.post("/accounts/signup/", form).status_code == 302
    services.update_user(user=User.objects.get(username="new-one"), email="new@example.org")
    for login, status in (("old@example.org", 200), ("new@example.org", 302)):
        answer = Client().post("/accounts/login/", {"login": login, "password": PASSWORD})
        assert answer.status_code == status, login


def test_somebody_else_s_address_is_refused(cast: Cast, page: Client) -> None:
    new = {**PROFILE, "email": "ANN@example.org", "current_password": PASSWORD}
    response = page.post("/settings/profile", new)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["email"]


def test_a_key_is_shown_in_one_answer(cast: Cast, page: Client) -> None:
    response = page.post("/settings/keys", {"name": "laptop", "scope": "read", "days": "30"})
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert secret not in page.get("/settings/keys").content.decode()
    key = ApiKey.objects.get(digest=ApiKey.digest_of(secret))
    assert (key.user, key.scope) == (cast.mel, "read")
    assert key.expires_at is not None


@pytest.mark.parametrize(
    "form",
    [
        {"name": ""},
        {"name": "k", "scope": "admin"},
        {"name": "k", "scope": "read", "days": "9"},
        {"name": "a\0b", "scope": "read"},
    ],
)
def test_a_key_that_cannot_be_is_not_made(cast: Cast, page: Client, form: dict[str, str]) -> None:
    assert page.post("/settings/keys", form).status_code == 422
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_by_its_owner_only(cast: Cast, page: Client) -> None:
    own, _secret = services.create_api_key(user=cast.mel, name="own")
    other, _secret = services.create_api_key(user=cast.ann, name="other")
    assert page.post(f"/settings/keys/{own.pk}/revoke").status_code == 302
    assert page.post(f"/settings/keys/{other.pk}/revoke").status_code == 404
    assert page.get(f"/settings/keys/{own.pk}/revoke").status_code == 405
    assert ApiKey.objects.filter(revoked_at=None).get() == other


def test_language_and_theme_are_kept_with_the_person(cast: Cast, page: Client) -> None:
    page.post("/settings/language", {"language": "zh-hans", "next": "/settings/keys"})
    page.post("/settings/theme", {"theme": "dark"})
    mel = User.objects.get(pk=cast.mel.pk)
    assert (mel.language, mel.theme) == ("zh-hans", "dark")
    other = Client()
    other.force_login(cast.mel)
    assert other.get("/settings/keys").headers["Content-Language"] == "zh-hans"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/settings/language", {"language": "xx"}),
        ("/settings/theme", {"theme": "pink"}),
        ("/settings/theme", {}),
    ],
)
def test_what_is_not_offered_is_refused(
    cast: Cast, page: Client, path: str, form: dict[str, str]
) -> None:
    assert page.post(path, form).status_code == 400


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https:evil",
        "http://testserver@evil.example/",
    ],
)
def test_the_way_back_stays_here(cast: Cast, page: Client, target: str) -> None:
    response = page.post("/settings/theme", {"theme": "dark", "next": target})
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_a_script_hears_only_that_it_worked(cast: Cast, page: Client) -> None:
    response = page.post("/settings/theme", {"theme": "dark"}, headers={"Sec-Fetch-Mode": "cors"})
    assert response.status_code == 204


def test_somebody_without_rights_here_is_led_to_sign_in_and_back(cast: Cast) -> None:
    response = Client().get("/settings/keys?a=1&b=2")
    assert response.status_code == 302
    assert (
        response.headers["Location"] == "/accounts/login/?next=%2Fsettings%2Fkeys%3Fa%3D1%26b%3D2"
    )


def test_a_fragment_leads_the_whole_page_to_sign_in(cast: Cast) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/acme/mnist?x=1"}
    response = Client().get("/settings/keys", headers=headers)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/accounts/login/?next=%2Facme%2Fmnist%3Fx%3D1"
