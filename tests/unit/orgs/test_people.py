from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import Conflict, Invalid
from apps.orgs import services
from apps.orgs.models import RESERVED_SLUGS, Membership, Org, User
from apps.orgs.permissions import BuiltinRole
from tests.conftest import Cast
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def problems(**fields: Any) -> dict[str, list[str]]:
    before = User.objects.count()
    with pytest.raises(Invalid) as caught:
        services.create_user(**{"username": "new", **fields})
    assert User.objects.count() == before
    return dict(caught.value.fields)


def test_a_new_person_has_an_org_of_their_own() -> None:
    user = services.create_user(username="ann", email="Ann@Example.ORG", name=" Ann ")
    org = services.find_personal_org(user)
    assert org is not None
    assert (org.slug, org.name, org.is_personal) == ("ann", "Ann", True)
    assert Membership.objects.get(org=org, user=user).role_id == BuiltinRole.ADMIN
    assert (user.email, user.is_superuser, user.is_staff) == ("ann@example.org", False, False)
    assert not user.has_usable_password()


@pytest.mark.parametrize(
    "username",
    [
        "",
        "Ann",
        "an n",
        "-ann",
        "ann-",
        "_ann",
        "a" * 64,
        "ann.b",
        "ann@b",
        "änn",
        "a\0b",
        "a/b",
        "ann\n",
    ],
)
def test_names_that_make_no_address_are_refused(username: str) -> None:
    assert "username" in problems(username=username)


@pytest.mark.parametrize(
    "username", ["admin", "api", "settings", "accounts", "new", "static", "ws"]
)
def test_words_that_the_product_uses_are_refused(username: str) -> None:
    assert username in RESERVED_SLUGS
    assert problems(username=username) == {"username": ["This name is taken."]}


def test_people_and_orgs_share_their_names(cast: Cast) -> None:
    assert "username" in problems(username="acme")
    with pytest.raises(Conflict):
        services.create_org(slug="ann", admin=cast.mel)


def test_an_address_is_one_person_s_whatever_its_case(cast: Cast) -> None:
    assert "email" in problems(email="ANN@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="other", email="ANN@EXAMPLE.ORG")


def test_many_may_have_no_address() -> None:
    services.create_user(username="one")
    services.create_user(username="two")


@pytest.mark.parametrize("password", ["short", "0123456789", "password123", "annabella-x"])
def test_weak_passwords_are_refused(password: str) -> None:
    assert "password" in problems(username="annabella", password=password)


def test_names_cannot_pose_or_break_lines() -> None:
    assert "name" in problems(name="Ann\u202eroot")
    assert "name" in problems(name="Ann\nadmin: yes")


def test_rights_and_username_are_no_part_of_the_profile(cast: Cast) -> None:
    for field in ("is_superuser", "is_staff", "is_active", "username", "password"):
        with pytest.raises(ValueError, match=field):
            services.update_user(user=cast.ann, **{field: "1"})


def test_a_profile_is_checked(cast: Cast) -> None:
    services.update_user(user=cast.ann, name="Ann", theme="dark", language="zh-hans")
    for change in (
        {"email": "mel@example.org"},
        {"language": "xx"},
        {"theme": "pink"},
        {"email": "x"},
    ):
        with pytest.raises(Invalid) as caught:
            services.update_user(user=User.objects.get(pk=cast.ann.pk), **change)
        assert caught.value.fields.keys() == change.keys()
    stored = User.objects.get(pk=cast.ann.pk)
    assert (stored.name, stored.theme, stored.language) == ("Ann", "dark", "zh-hans")


def test_the_last_administrator_stays() -> None:
    root, other = make_user("root-one", is_admin=True), make_user("root-two", is_admin=True)
    services.set_active(user=other, is_active=False)
    with pytest.raises(Conflict) as caught:
        services.set_active(user=root, is_active=False)
    assert caught.value.code == "last_administrator"
    assert User.objects.get(pk=root.pk).is_active
    services.set_active(user=other, is_active=True)
    services.set_active(user=root, is_active=False)
    assert not User.objects.get(pk=root.pk).is_active


def test_an_org_s_facts_are_checked(cast: Cast) -> None:
    services.update_org(org=cast.acme, name=" A\u0301cme ", description="d")
    assert Org.objects.get(pk=cast.acme.pk).name == "Ácme"
    with pytest.raises(Invalid):
        services.update_org(org=cast.acme, name="")
    for field in ("slug", "is_personal"):
        with pytest.raises(ValueError, match=field):
            services.update_org(org=cast.acme, **{field: "x"})


@pytest.mark.parametrize("slug", ["api", "acme", "mel"])
def test_a_taken_org_name_is_a_conflict(cast: Cast, slug: str) -> None:
    with pytest.raises(Conflict) as caught:
        services.create_org(slug=slug, admin=cast.ann)
    assert caught.value.code == "org_exists"


def test_roles_are_those_there_are(cast: Cast) -> None:
    with pytest.raises(Invalid):
        services.set_role(org=cast.acme, user=cast.sam, role="owner")
    services.set_role(org=cast.acme, user=cast.sam, role=BuiltinRole.VIEWER)
    services.set_role(org=cast.acme, user=cast.sam, role=BuiltinRole.ADMIN)
    assert Membership.objects.get(org=cast.acme, user=cast.sam).role_id == BuiltinRole.ADMIN


def test_a_password_is_stored_hashed() -> None:
    user = make_user("ann")
    assert PASSWORD not in user.password
    assert user.check_password(PASSWORD)
