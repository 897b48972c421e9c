import pytest
from django.test import override_settings

from apps.core.errors import Forbidden, NotFound, Unauthenticated
from apps.orgs import access, services
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.models import ApiKey, Org, RolePermission, User
from apps.orgs.permissions import ALL, READ, ROLE_PERMISSIONS, WRITE, BuiltinRole, Perm
from tests.conftest import Cast
from tests.factories import make_user


def actor(user: User) -> Actor:
    return Actor.for_user(user)


def test_each_role_holds_what_the_lesser_one_does() -> None:
    viewer, member, admin = (
        ROLE_PERMISSIONS[r] for r in (BuiltinRole.VIEWER, BuiltinRole.MEMBER, BuiltinRole.ADMIN)
    )
    assert viewer < member < admin


def test_every_permission_but_that_over_oneself_is_an_admin_s() -> None:
    assert set(Perm) - ROLE_PERMISSIONS[BuiltinRole.ADMIN] == {Perm.ACCOUNT_MANAGE}


def test_the_rows_of_the_built_in_roles_are_what_the_code_says(db: None) -> None:
    for key, permissions in ROLE_PERMISSIONS.items():
        rows = RolePermission.objects.filter(role_id=key)
        assert {Perm(row.perm) for row in rows} == permissions


@pytest.mark.parametrize("perm", list(Perm))
def test_an_org_is_visible_to_those_whose_role_holds_the_permission(cast: Cast, perm: Perm) -> None:
    people = {
        BuiltinRole.ADMIN: cast.ann,
        BuiltinRole.MEMBER: cast.mel,
        BuiltinRole.VIEWER: cast.vic,
    }
    for role, user in people.items():
        visible = Org.objects.visible_to(actor(user), perm).filter(pk=cast.acme.pk).exists()
        assert visible is (perm in ROLE_PERMISSIONS[role])
    assert not Org.objects.visible_to(actor(cast.sam), perm).filter(pk=cast.acme.pk).exists()
    assert not Org.objects.visible_to(ANONYMOUS, perm).exists()


def test_org_without_members_stays_private(cast: Cast) -> None:
    """A LEFT JOIN would match the NULL of an anonymous actor; EXISTS does not."""
    empty = Org.objects.create(slug="empty", name="Empty")
    for who in (ANONYMOUS, actor(cast.sam), actor(cast.ann)):
        assert not Org.objects.visible_to(who).filter(pk=empty.pk).exists()
    root = make_user("root-user", is_admin=True)
    assert Org.objects.visible_to(actor(root)).filter(pk=empty.pk).exists()


def test_a_key_s_scope_caps_even_the_superuser(cast: Cast) -> None:
    root = make_user("root-user", is_admin=True)
    capped = Actor.for_user(root, READ)
    assert access.get_org(capped, "acme") == cast.acme
    with pytest.raises(Forbidden):
        access.get_org(capped, "acme", Perm.ORG_EDIT)


def test_scopes_name_caps_that_grow() -> None:
    caps = [ApiKey.CAPS[scope] for scope in ApiKey.Scope]
    assert caps == [READ, WRITE, ALL]
    assert READ < WRITE < ALL
    assert Perm.ACCOUNT_MANAGE not in WRITE


def test_get_org_tells_unseen_from_not_allowed(cast: Cast) -> None:
    with pytest.raises(Unauthenticated):
        access.get_org(ANONYMOUS, "acme")
    with pytest.raises(NotFound):
        access.get_org(actor(cast.sam), "acme")
    with pytest.raises(NotFound):
        access.get_org(actor(cast.ann), "nowhere")
    with pytest.raises(Forbidden):
        access.get_org(actor(cast.mel), "acme", Perm.ORG_EDIT)
    assert access.get_org(actor(cast.ann), "acme", Perm.ORG_EDIT) == cast.acme


@pytest.mark.parametrize("slug", ["a\0b", "\ud800", "'; DROP TABLE orgs_org; --", "%", "x" * 9999])
def test_no_slug_upsets_the_database(cast: Cast, slug: str) -> None:
    with pytest.raises(NotFound):
        access.get_org(actor(cast.ann), slug)


def test_one_s_own_account_needs_no_role_but_a_key_made_for_it(cast: Cast) -> None:
    access.require(actor(cast.sam), Perm.ACCOUNT_MANAGE)
    with pytest.raises(Forbidden):
        access.require(Actor.for_user(cast.sam, WRITE), Perm.ACCOUNT_MANAGE)
    with pytest.raises(Unauthenticated):
        access.require(ANONYMOUS, Perm.ACCOUNT_MANAGE)


def test_keys_of_others_are_not_there(cast: Cast) -> None:
    key, _secret = services.create_api_key(user=cast.ann, name="k")
    assert access.get_own_key(actor(cast.ann), key.pk) == key
    for who in (actor(cast.sam), ANONYMOUS):
        with pytest.raises(NotFound):
            access.get_own_key(who, key.pk)
    with pytest.raises(NotFound):
        access.get_own_key(actor(cast.ann), 10**30)


def test_get_self_is_nobody_for_nobody(cast: Cast) -> None:
    assert access.get_self(actor(cast.ann)) == cast.ann
    for who in (ANONYMOUS, Actor(10**9)):
        with pytest.raises(Unauthenticated):
            access.get_self(who)


@override_settings(ANONYMOUS_ACCESS=True)
def test_orgs_stay_closed_where_public_projects_are_open(cast: Cast) -> None:
    assert not Org.objects.visible_to(ANONYMOUS).exists()
