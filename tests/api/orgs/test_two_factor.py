"""Second factors on pages and REST; tests/e2e/test_sign_in.py has them in a browser."""

import base64
import re
import secrets
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from apps.core.errors import Conflict
from apps.orgs import authentication, services, two_factor
from apps.orgs.models import User
from tests.api.rest import error_of, send
from tests.conftest import Cast
from tests.factories import PASSWORD, make_user

AsUser = Callable[[User], Client]
COUNTER = 60_000_000


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a code be good for the whole test."""
    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", lambda: iter([COUNTER]))


def set_up(user: User) -> str:
    """Give somebody an authenticator app and recovery codes, and return the code that the app shows."""
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    totp.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return shown(secret)


def shown(secret: str) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(secret, COUNTER)))


def recovery_codes(user: User) -> list[str]:
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    codes: list[str] = row.wrap().get_unused_codes()
    return codes


def page_after_password(user: str = "ann") -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/profile").status_code == 200


# --- Pages -------------------------------------------------------------------------------------
def test_the_password_alone_opens_nothing(cast: Cast) -> None:
    code = set_up(cast.ann)
    client = page_after_password()
    assert not is_in(client)
    assert client.get("/accounts/second-factor/").status_code == 200
    client.post("/accounts/second-factor/", {"code": "nonsense"})
    assert not is_in(client)
    client.post("/accounts/second-factor/", {"code": code})
    assert is_in(client)


def test_a_code_opens_once(cast: Cast) -> None:
    code = set_up(cast.ann)
    for opens in (True, False):
        client = page_after_password()
        client.post("/accounts/second-factor/", {"code": code})
        assert is_in(client) is opens


def test_a_recovery_code_opens_once(cast: Cast) -> None:
    set_up(cast.ann)
    code = recovery_codes(cast.ann)[0]
    for opens in (True, False):
        client = page_after_password()
        client.post("/accounts/second-factor/", {"code": code})
        assert is_in(client) is opens
    assert len(recovery_codes(cast.ann)) == 9


def test_codes_cannot_be_tried_out(cast: Cast) -> None:
    code = set_up(cast.ann)
    client = page_after_password()
    for _ in range(5):
        client.post("/accounts/second-factor/", {"code": "000000"})
    client.post("/accounts/second-factor/", {"code": code})
    assert not is_in(client)


def test_nobody_comes_to_the_second_step_without_the_first(cast: Cast) -> None:
    code = set_up(cast.ann)
    client = Client()
    assert client.post("/accounts/second-factor/", {"code": code}).status_code == 302
    assert not is_in(client)


def test_an_app_is_set_up_after_the_password_once_more(cast: Cast) -> None:
    client = page_after_password()
    asked = client.get("/settings/security/app")
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    form = client.get("/settings/security/app").content.decode()
    secret = re.search(r'id="totp-key">([A-Z2-7]{32})<', form)
    assert secret
    done = client.post("/settings/security/app", {"code": shown(secret.group(1))})
    assert done.headers["Location"] == "/settings/security/codes"
    codes = client.get("/settings/security/codes").content.decode()
    assert all(code in codes for code in recovery_codes(cast.ann))
    assert b"10 codes left" in client.get("/settings/security").content


def test_a_stolen_session_gets_no_second_factor_in_or_out(cast: Cast) -> None:
    set_up(cast.ann)
    client = Client()
    client.force_login(cast.ann)
    for path in ("app/remove", "codes/new", "keys/new"):
        answer = client.post(f"/settings/security/{path}")
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/"), path
    assert client.get("/settings/security/codes/download").status_code == 302
    page = client.get("/settings/security/codes").content.decode()
    assert not any(code in page for code in recovery_codes(cast.ann))
    assert Authenticator.objects.filter(user=cast.ann).count() == 2


def test_secrets_are_not_readable_in_the_database(cast: Cast) -> None:
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    row = totp.TOTP.activate(cast.ann, secret).instance
    assert secret not in str(row.data)
    assert two_factor.MFAAdapter().decrypt(row.data["secret"]) == secret


def test_a_changed_secret_key_reads_on_until_all_is_encrypted_anew(
    cast: Cast, settings: Settings
) -> None:
    set_up(cast.ann)
    row = Authenticator.objects.get(user=cast.ann, type=Authenticator.Type.TOTP)
    adapter = two_factor.MFAAdapter()
    secret = adapter.decrypt(row.data["secret"])
    settings.SECRET_KEY, former = "n" * 48, settings.SECRET_KEY
    with pytest.raises(Conflict):
        adapter.decrypt(row.data["secret"])
    settings.SECRET_KEY_FALLBACKS = [former]
    assert adapter.decrypt(row.data["secret"]) == secret
    call_command("rotatesecrets")
    settings.SECRET_KEY_FALLBACKS = []
    row.refresh_from_db()
    assert adapter.decrypt(row.data["secret"]) == secret
    assert len(recovery_codes(cast.ann)) == 10


def test_a_mail_tells_of_a_new_password(cast: Cast, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    fresh = "another good one"
    page_after_password().post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh},
    )
    (message,) = mail.outbox
    assert message.to == ["ann@example.org"]


# --- REST --------------------------------------------------------------------------------------
def login(**more: str) -> tuple[int, str]:
    body = {"username": "ann", "password": PASSWORD, **more}
    response = send(Client(), "post", "auth/login", body)
    code = error_of(response)["code"] if response.status_code >= 400 else ""
    return response.status_code, code


def test_rest_asks_for_the_code(cast: Cast) -> None:
    code = set_up(cast.ann)
    assert login() == (401, "otp_required")
    assert login(otp="000000") == (401, "wrong_otp")
    assert login(otp=code) == (200, "")
    assert login(otp=code) == (401, "wrong_otp")
    assert login(otp=recovery_codes(cast.ann)[0]) == (200, "")


def test_rest_says_nothing_of_a_second_factor_before_the_password_is_right(cast: Cast) -> None:
    code = set_up(cast.ann)
    assert login(password="wrong") == (401, "wrong_credentials")
    assert login(password="wrong", otp=code) == (401, "wrong_credentials")


def test_codes_cannot_be_tried_out_by_rest(cast: Cast) -> None:
    code = set_up(cast.ann)
    answers = [login(otp="000000") for _ in range(5)]
    assert answers == [(401, "wrong_otp")] * 5
    assert login(otp=code) == (429, "rate_limited")


def test_a_code_does_no_harm_to_who_has_no_second_factor(cast: Cast) -> None:
    assert login(otp="123456") == (200, "")


def test_api_keys_need_no_code(cast: Cast, as_user: AsUser) -> None:
    set_up(cast.ann)
    assert send(as_user(cast.ann), "get", "auth/me").status_code == 200


# --- Where the installation asks for it --------------------------------------------------------
@pytest.fixture
def root(cast: Cast) -> User:
    return make_user("root-user", is_admin=True)


@pytest.mark.parametrize(
    ("policy", "asked"), [("off", set()), ("admins", {"root-user"}), ("all", {"root-user", "mel"})]
)
def test_pages_lead_to_setting_one_up(
    cast: Cast, root: User, settings: Settings, policy: str, asked: set[str]
) -> None:
    settings.REQUIRE_TWO_FACTOR = policy
    for user in (root, cast.mel):
        client = Client()
        client.force_login(user)
        page = client.get("/acme/mnist")
        if user.username in asked:
            assert page.headers["Location"] == "/settings/security"
            assert b"Set one up to go on" in client.get("/settings/security").content
            rest = send(client, "get", "auth/me")
            assert rest.status_code == 403
            assert error_of(rest)["code"] == "two_factor_required"
            key = client.session.session_key
            assert authentication.actor_from_session_key(key).is_anonymous
        else:
            assert page.status_code == 200
            assert send(client, "get", "auth/me").status_code == 200


def test_who_has_one_goes_on(cast: Cast, settings: Settings) -> None:
    settings.REQUIRE_TWO_FACTOR = "all"
    set_up(cast.ann)
    client = Client()
    client.force_login(cast.ann)
    assert client.get("/acme/mnist").status_code == 200
    assert send(client, "get", "auth/me").status_code == 200


def test_rest_refuses_passwords_and_tokens_until_it_is_set_up(
    cast: Cast, settings: Settings
) -> None:
    body = {"username": "ann", "password": PASSWORD}
    pair = send(Client(), "post", "auth/login", body).json()
    settings.REQUIRE_TWO_FACTOR = "all"
    assert login() == (403, "two_factor_required")
    client = Client(headers={"Authorization": f"Bearer {pair['access']}"})
    assert send(client, "get", "auth/me").status_code == 403
    refresh = send(Client(), "post", "auth/refresh", {"refresh": pair["refresh"]})
    assert error_of(refresh)["code"] == "two_factor_required"
    code = set_up(cast.ann)
    assert login(otp=code) == (200, "")
    assert send(client, "get", "auth/me").status_code == 200


def test_scripts_go_on_by_their_keys(cast: Cast, as_user: AsUser, settings: Settings) -> None:
    settings.REQUIRE_TWO_FACTOR = "all"
    assert send(as_user(cast.ann), "get", "auth/me").status_code == 200


def test_who_signed_in_elsewhere_was_asked_there(cast: Cast, settings: Settings) -> None:
    settings.REQUIRE_TWO_FACTOR = "all"
    client = Client()
    client.force_login(cast.ann)
    session = client.session
    session["account_authentication_methods_user"] = str(cast.ann.pk)
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": 0}]
    session.save()
    assert client.get("/acme/mnist").status_code == 200


# --- Administration ----------------------------------------------------------------------------
def test_an_administrator_removes_what_somebody_lost(cast: Cast, root: User) -> None:
    set_up(cast.ann)
    client = Client()
    client.force_login(root)
    path = "/admin/mfa/authenticator/"
    page = client.get(path, {"q": "ann"})
    assert page.status_code == 200
    row = Authenticator.objects.get(user=cast.ann, type=Authenticator.Type.TOTP)
    assert row.data["secret"].encode() not in client.get(f"{path}{row.pk}/change/").content
    client.post(path, {"action": "remove_all_of_person", "_selected_action": [row.pk]})
    assert not Authenticator.objects.filter(user=cast.ann).exists()
    assert is_in(page_after_password())
    assert services.find_personal_org(cast.ann)
