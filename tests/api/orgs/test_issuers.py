"""What an issuer's word is good for, without the way there (that is tests/contract/test_single_sign_on.py)."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.core.errors import Conflict, Forbidden
from apps.orgs import services
from apps.orgs.federation import links
from apps.orgs.federation.admission import Identity, admit, free_username
from apps.orgs.federation.social import groups_in, identity_of
from apps.orgs.models import User
from tests.conftest import Cast
from wanllmdb.sign_in import Source

LAB = Source("oidc", "Lab", "https://id.lab.example", group_claim="realm_access.roles")
PUBLIC = Source("github", "GitHub", "https://github.com", is_public=True)


@pytest.fixture(autouse=True)
def sources(settings: Settings) -> None:
    settings.SIGN_IN_SOURCES = {"oidc": LAB, "github": PUBLIC}


def claim(verified: Any, source: str = "oidc") -> SocialLogin:
    """Return what allauth makes of an issuer's answer."""
    account = SocialAccount(provider=source, uid="1", extra_data={})
    address = EmailAddress(email="Lin@lab.example", verified=verified, primary=True)
    return SocialLogin(User(username="lin"), account, email_addresses=[address])


@pytest.mark.parametrize(
    ("verified", "email"),
    [
        (True, "lin@lab.example"),
        ("true", "lin@lab.example"),
        (False, ""),
        ("false", ""),
        (None, ""),
        (1, ""),
    ],
)
def test_only_a_verified_address_is_believed(verified: Any, email: str) -> None:
    assert identity_of(claim(verified)).email == email


def test_domain_must_be_verified_too(settings: Settings) -> None:
    settings.SIGN_IN_EMAIL_DOMAINS = ["LAB.example"]
    assert identity_of(claim(True)).email == "lin@lab.example"
    with pytest.raises(Forbidden, match="Only people with an e-mail of"):
        identity_of(claim(False))
    settings.SIGN_IN_EMAIL_DOMAINS = ["b.example"]
    with pytest.raises(Forbidden):
        identity_of(claim(True))


def test_account_at_a_public_place_makes_none_here(db: None, settings: Settings) -> None:
    with pytest.raises(Forbidden, match="You have no account here yet"):
        admit(identity_of(claim(True, "github")))
    settings.SIGN_IN_EMAIL_DOMAINS = ["lab.example"]
    assert admit(identity_of(claim(True, "github"))).username == "lin"


def test_proved_address_links_a_second_source(db: None) -> None:
    first = admit(Identity("oidc", "1", username="lin", email="lin@lab.example"))
    again = admit(Identity("github", "77", username="lin-w", email="lin@lab.example"))
    assert again == first
    assert User.objects.count() == 1


def test_pretended_address_catches_nobody(cast: Cast) -> None:
    """sam calls himself boss@lab.example here and waits for the boss to come by the issuer."""
    User.objects.filter(pk=cast.sam.pk).update(email="boss@lab.example")
    with pytest.raises(Forbidden, match="An account with the e-mail boss"):
        admit(Identity("oidc", "boss", email="boss@lab.example"))
    assert not SocialAccount.objects.exists()


def test_trusted_address_ends_every_other_way_in(cast: Cast, settings: Settings) -> None:
    settings.SIGN_IN_LINKS_BY_EMAIL = True
    key, _secret = services.create_api_key(user=cast.sam, name="waits")
    SocialAccount.objects.create(user=cast.sam, provider="github", uid="77")
    Authenticator.objects.create(user=cast.sam, type=Authenticator.Type.TOTP, data={})
    assert admit(Identity("oidc", "1", email="sam@example.org")) == cast.sam
    cast.sam.refresh_from_db()
    assert not cast.sam.has_usable_password()
    key.refresh_from_db()
    assert not key.is_usable
    assert not Authenticator.objects.exists()
    assert SocialAccount.objects.get(user=cast.sam).provider == "oidc"


def test_administrator_is_never_linked_by_address(cast: Cast, settings: Settings) -> None:
    settings.SIGN_IN_LINKS_BY_EMAIL = True
    User.objects.filter(pk=cast.ann.pk).update(is_superuser=True)
    with pytest.raises(Forbidden):
        admit(Identity("oidc", "1", email="ann@example.org"))


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("Lin.Wei@lab.example", "lin-wei"),
        ("ann", "ann-2"),
        ("acme", "acme-2"),
        ("scim", "scim-2"),
        ("李伟", "person"),
        ("--", "person"),
        ("x" * 300, "x" * 59),
    ],
)
def test_username_is_free_and_usable(cast: Cast, wish: str, name: str) -> None:
    assert free_username(wish) == name


def test_name_with_line_ends_is_kept_as_one_line(db: None) -> None:
    user = admit(Identity("oidc", "1", username="lin", name="Lin\r\n Wei\u202e"))
    assert user.name == ""
    other = admit(Identity("oidc", "2", username="wei", name="Wei\r\nLin"))
    assert other.name == "Wei Lin"


def test_last_way_in_stays(cast: Cast) -> None:
    user = admit(Identity("oidc", "1", username="lin"))
    link = SocialAccount.objects.get(user=user)
    with pytest.raises(Conflict, match="the only way into your account"):
        links.unlink(link)
    user.set_password("correct horse battery")
    user.save()
    links.unlink(link)
    assert not SocialAccount.objects.exists()


def test_group_claim_may_lie_in_an_object_or_either_token() -> None:
    roles = {"realm_access": {"roles": ["ml", "", 7, "x" * 300]}}
    assert groups_in({"userinfo": roles}, "realm_access.roles") == frozenset({"ml"})
    assert groups_in({"userinfo": {}, "id_token": roles}, "realm_access.roles") == frozenset({"ml"})
    assert groups_in(
        {"userinfo": {"https://x.y/groups": ["a"]}}, "https://x.y/groups"
    ) == frozenset({"a"})
    assert groups_in({"userinfo": {"groups": "one"}}, "groups") == frozenset({"one"})
    assert groups_in({"userinfo": {"realm_access": []}}, "realm_access.roles") is None


@pytest.mark.parametrize(
    "url",
    [
        "/accounts/github/login/callback/?code=1&state=2",
        "/accounts/google/login/callback/?code=1&state=2",
        "/accounts/oidc/oidc/login/callback/?code=1&state=2",
    ],
)
def test_answer_of_a_source_that_is_not_configured_is_not_found(
    cast: Cast, settings: Settings, url: str
) -> None:
    settings.SIGN_IN_SOURCES = {}
    assert Client().get(url).status_code == 404


def test_way_to_an_issuer_begins_with_a_form_of_ours(cast: Cast, settings: Settings) -> None:
    url = reverse("sign_in_with", args=["oidc"])
    assert Client().get(url).status_code == 405
    assert Client(enforce_csrf_checks=True).post(url).status_code == 403
    settings.SIGN_IN_SOURCES = {}
    assert Client().post(url).status_code == 404


def test_password_page_is_for_administrators_where_passwords_are_off(
    cast: Cast, settings: Settings
) -> None:
    settings.PASSWORD_SIGN_IN = False
    User.objects.filter(pk=cast.ann.pk).update(is_superuser=True)
    for name, is_in in (("mel", False), ("ann", True)):
        client = Client()
        client.post("/accounts/login/", {"login": name, "password": "correct horse battery"})
        assert ("_auth_user_id" in client.session) is is_in
