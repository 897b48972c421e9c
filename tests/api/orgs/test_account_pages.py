"""Signing in, up and out on pages, and passwords."""

import re
import smtplib
from unittest import mock

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from pytest_django import Settings

from apps.orgs import services
from apps.orgs.models import Org, User
from tests.conftest import Cast
from tests.factories import PASSWORD

FRESH = "another good one"
SIGNUP = {
    "username": "new-one",
    "email": "new@example.org",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


def sign_in(client: Client, login: str = "ann", password: str = PASSWORD, **more: str) -> int:
    response = client.post("/accounts/login/", {"login": login, "password": password, **more})
    return response.status_code


def is_in(client: Client) -> bool:
    return client.get("/settings/keys").status_code == 200


@pytest.mark.parametrize("login", ["ann", "ANN", "ann@example.org", "ANN@Example.org"])
def test_one_signs_in_by_username_or_address(cast: Cast, login: str) -> None:
    client = Client()
    assert sign_in(client, login) == 302
    assert is_in(client)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("ann", "wrong"),
        ("nobody", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("ann", ""),
        ("a\0b", "x"),
    ],
)
def test_any_other_way_one_stays_out(cast: Cast, login: str, password: str) -> None:
    client = Client()
    assert sign_in(client, login, password) == 200
    assert not is_in(client)


def test_the_deactivated_stay_out(cast: Cast) -> None:
    client = Client()
    sign_in(client, "mel")
    assert is_in(client)
    services.set_active(user=cast.mel, is_active=False)
    assert not is_in(client)
    assert sign_in(Client(), "mel") == 302  # to the page that says so
    assert not is_in(client)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
    ],
)
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/logout/"])
def test_the_way_on_stays_here(cast: Cast, target: str, path: str) -> None:
    client = Client()
    if "logout" in path:
        client.force_login(cast.ann)
    response = client.post(path, {"login": "ann", "password": PASSWORD, "next": target})
    assert response.status_code == 302
    assert response.headers["Location"] in {"/", "/accounts/login/"}


def test_the_way_on_within_is_kept(cast: Cast) -> None:
    form = {"login": "ann", "password": PASSWORD, "next": "/acme/mnist?x=1"}
    response = Client().post("/accounts/login/", form)
    assert response.headers["Location"] == "/acme/mnist?x=1"


def test_a_session_from_before_is_not_the_one_after(cast: Cast) -> None:
    """Else somebody could plant a session and share it once its victim has signed in."""
    client = Client()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies["wanllmdb_session"] = before = session.session_key or ""
    sign_in(client)
    assert client.cookies["wanllmdb_session"].value != before
    thief = Client()
    thief.cookies["wanllmdb_session"] = before
    assert not is_in(thief)


def test_signing_out_takes_a_form(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.ann)
    assert client.get("/accounts/logout/").status_code == 200
    assert is_in(client)
    kept = client.cookies["wanllmdb_session"].value
    client.post("/accounts/logout/")
    assert not is_in(client)
    thief = Client()
    thief.cookies["wanllmdb_session"] = kept
    assert not is_in(thief)


def test_forms_of_other_sites_do_nothing(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client) == 403
    client.force_login(cast.ann)
    for path in (
        "/accounts/logout/",
        "/settings/keys",
        "/settings/theme",
        "/new",
        "/acme/mnist/delete",
    ):
        assert client.post(path, {}).status_code == 403, path
    assert is_in(client)


def test_cookies_are_kept_from_scripts_and_other_sites(cast: Cast) -> None:
    client = Client()
    sign_in(client)
    cookie = client.cookies["wanllmdb_session"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


# --- Sign-up -----------------------------------------------------------------------------------
def test_sign_up_is_closed_unless_opened(cast: Cast) -> None:
    for response in (Client().get("/accounts/signup/"), Client().post("/accounts/signup/", SIGNUP)):
        assert "account/signup_closed.html" in [t.name for t in response.templates]
    assert not User.objects.filter(username="new-one").exists()


def test_where_it_is_open_one_signs_up_and_is_in(cast: Cast, settings: Settings) -> None:
    settings.SIGNUP_OPEN = True
    client = Client()
    form = {**SIGNUP, "username": "New-One", "is_superuser": "1", "is_staff": "1"}
    assert client.post("/accounts/signup/", form).status_code == 302
    assert is_in(client)
    user = User.objects.get(username="new-one")
    assert (user.is_superuser, user.is_staff) == (False, False)
    assert Org.objects.get(slug="new-one").is_personal


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ann"),
        ("username", "ANN"),
        ("username", "acme"),
        ("username", "api"),
        ("username", "a b"),
        ("username", "a\0b"),
        ("username", "x" * 64),
        ("email", "x"),
        ("email", "Ann@example.org"),
        ("email", ""),
        ("password1", "short"),
        ("password2", "other"),
    ],
)
def test_what_cannot_be_is_shown_at_its_field(
    cast: Cast, settings: Settings, field: str, value: str
) -> None:
    settings.SIGNUP_OPEN = True
    response = Client().post("/accounts/signup/", {**SIGNUP, field: value})
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert User.objects.count() == 4


# --- Passwords ---------------------------------------------------------------------------------
def change(client: Client, old: str, new: str) -> int:
    form = {"oldpassword": old, "password1": new, "password2": new}
    return client.post("/accounts/password/change/", form).status_code


def test_an_address_tries_so_often_and_then_waits(cast: Cast) -> None:
    """Whatever names it tries, and with a page that says so."""
    statuses = [sign_in(Client(), f"name-{n}", "wrong") for n in range(31)]
    assert statuses == [200] * 30 + [429]
    response = Client().post("/accounts/login/", {"login": "ann", "password": PASSWORD})
    assert "error.html" in [t.name for t in response.templates]


def test_a_new_password_ends_other_sessions_and_keeps_this_one(cast: Cast) -> None:
    here, elsewhere = Client(), Client()
    sign_in(here)
    sign_in(elsewhere)
    assert change(here, PASSWORD, FRESH) == 302
    assert is_in(here)
    assert not is_in(elsewhere)
    assert sign_in(Client(), password=PASSWORD) == 200
    assert sign_in(Client(), password=FRESH) == 302


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", FRESH), (PASSWORD, "short"), (PASSWORD, "0123456789")]
)
def test_a_password_that_cannot_be_is_not_set(cast: Cast, old: str, new: str) -> None:
    client = Client()
    sign_in(client)
    assert change(client, old, new) == 200
    assert sign_in(Client(), password=PASSWORD) == 302


def test_without_a_mail_server_the_page_says_whom_to_ask(cast: Cast) -> None:
    for method in ("get", "post"):
        response = getattr(Client(), method)(
            "/accounts/password/reset/", {"email": "ann@example.org"}
        )
        assert response.status_code == 200
        assert "account/password_reset_closed.html" in [t.name for t in response.templates]
    assert mail.outbox == []


@pytest.fixture
def with_mail(settings: Settings) -> None:
    settings.MAIL_IS_SENT = True


def ask_for_reset(email: str) -> int:
    return Client().post("/accounts/password/reset/", {"email": email}).status_code


def test_a_mailed_link_sets_a_new_password_once(cast: Cast, with_mail: None) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    assert ask_for_reset("Ann@example.org") == 302
    (message,) = mail.outbox
    assert message.to == ["ann@example.org"]
    assert message.subject.startswith("[wanLLMDB] ")
    found = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(message.body))
    assert found is not None
    client = Client()
    form = client.get(found[1], follow=True)
    path = form.request["PATH_INFO"]
    assert "set-password" in path
    assert client.post(path, {"password1": FRESH, "password2": FRESH}).status_code == 302
    assert not is_in(elsewhere)
    assert sign_in(Client(), password=FRESH) == 302
    again = Client()
    spent = again.get(found[1], follow=True)
    again.post(spent.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    assert sign_in(Client(), password=FRESH) == 302


def test_an_address_without_an_account_is_told_the_same(cast: Cast, with_mail: None) -> None:
    known = Client().post("/accounts/password/reset/", {"email": "ann@example.org"}, follow=True)
    unknown = Client().post("/accounts/password/reset/", {"email": "no@example.org"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert [m.to for m in mail.outbox] == [["ann@example.org"]]


def test_a_mail_server_that_is_away_breaks_no_page(cast: Cast, with_mail: None) -> None:
    for fault in (ConnectionRefusedError(), smtplib.SMTPServerDisconnected()):
        with mock.patch.object(EmailBackend, "send_messages", side_effect=fault):
            assert ask_for_reset("mel@example.org") == 302


def test_the_link_s_host_is_not_the_visitor_s_to_choose(cast: Cast, with_mail: None) -> None:
    client = Client(headers={"Host": "evil.example"})
    assert client.post("/accounts/password/reset/", {"email": "ann@example.org"}).status_code == 400
    client = Client(headers={"X-Forwarded-Host": "evil.example"})
    client.post("/accounts/password/reset/", {"email": "ann@example.org"})
    assert "evil.example" not in str(mail.outbox[0].body)


@pytest.mark.parametrize(
    "path", ["/accounts/email/", "/accounts/confirm-email/", "/accounts/3rdparty/", "/accounts/"]
)
def test_pages_that_we_do_not_offer_are_not_there(cast: Cast, path: str) -> None:
    client = Client()
    client.force_login(cast.ann)
    assert client.get(path).status_code == 404
