"""An organisation's own roles."""

from __future__ import annotations

import pytest

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.orgs import access, events, services
from apps.orgs.actor import Actor
from apps.orgs.models import Role
from apps.orgs.permission_words import GROUPS
from apps.orgs.permissions import GRANTABLE, Perm
from tests.conftest import Cast


def make_role(cast: Cast, name: str = "Reviewer", *perms: str) -> Role:
    return services.create_role(
        org=cast.acme,
        name=name,
        permissions=perms or ["org.view", "run.delete"],
        by=Actor.for_user(cast.ann),
    )


def test_a_role_gives_what_it_holds(cast: Cast) -> None:
    role = make_role(cast)
    services.set_role(org=cast.acme, user=cast.vic, role=role.pk)
    vic = Actor.for_user(cast.vic)
    assert access.held_in(vic, cast.acme) == {Perm.ORG_VIEW, Perm.RUN_DELETE}


def test_changing_a_role_changes_its_holders_and_tells_them(cast: Cast) -> None:
    role = make_role(cast)
    services.set_role(org=cast.acme, user=cast.vic, role=role.pk)
    told: list[int] = []
    news: list[str] = []

    def hear(user_id: int, **_: object) -> None:
        told.append(user_id)

    def hear_role(role_key: str, **_: object) -> None:
        news.append(role_key)

    events.access_changed.connect(hear)
    events.role_changed.connect(hear_role)
    services.update_role(
        role=role, name="R", description="d", permissions=["org.view"], by=Actor.for_user(cast.ann)
    )
    events.access_changed.disconnect(hear)
    events.role_changed.disconnect(hear_role)
    assert told == [cast.vic.pk]
    assert news == [role.pk]
    assert access.held_in(Actor.for_user(cast.vic), cast.acme) == {Perm.ORG_VIEW}
    role.refresh_from_db()
    assert (role.name, role.description) == ("R", "d")


@pytest.mark.parametrize(
    ("name", "permissions", "field"),
    [
        ("", ["org.view"], "name"),
        ("a\nb", ["org.view"], "name"),
        ("Member", ["org.view"], "name"),
        ("TAKEN", ["org.view"], "name"),
        ("x", [], "permissions"),
        ("x", ["org.view", "account.manage"], "permissions"),
        ("x", ["root"], "permissions"),
    ],
)
def test_what_a_role_cannot_be_is_named(
    cast: Cast, name: str, permissions: list[str], field: str
) -> None:
    make_role(cast, "Taken")
    with pytest.raises(Invalid) as refused:
        services.create_role(
            org=cast.acme, name=name, permissions=permissions, by=Actor.for_user(cast.ann)
        )
    assert list(refused.value.fields) == [field]


def test_nobody_makes_or_changes_a_role_above_theirs(cast: Cast) -> None:
    keeper = make_role(cast, "Keeper", "org.view", "role.manage")
    strong = make_role(cast, "Strong", "org.view", "run.delete")
    services.set_role(org=cast.acme, user=cast.mel, role=keeper.pk)
    mel = Actor.for_user(cast.mel)
    with pytest.raises(Forbidden):
        services.create_role(org=cast.acme, name="Mine", permissions=["run.delete"], by=mel)
    with pytest.raises(Forbidden):
        services.update_role(
            role=keeper, name="Keeper", description="", permissions=["member.manage"], by=mel
        )
    with pytest.raises(Forbidden):
        services.update_role(
            role=strong, name="Strong", description="", permissions=["org.view"], by=mel
        )
    with pytest.raises(Forbidden):
        services.delete_role(role=strong, by=mel)


def test_a_role_in_use_stays_and_says_by_whom(cast: Cast) -> None:
    role = make_role(cast)
    services.set_role(org=cast.acme, user=cast.vic, role=role.pk)
    with pytest.raises(Conflict) as refused:
        services.delete_role(role=role, by=Actor.for_user(cast.ann))
    assert refused.value.code == "role_in_use"
    assert "vic" in refused.value.message
    services.set_role(org=cast.acme, user=cast.vic, role="viewer")
    services.delete_role(role=role, by=Actor.for_user(cast.ann))
    assert not Role.objects.filter(pk=role.pk).exists()


@pytest.mark.parametrize("key", ["admin", "member", "viewer"])
def test_built_in_roles_stay_as_they_are(cast: Cast, key: str) -> None:
    role, ann = Role.objects.get(key=key), Actor.for_user(cast.ann)
    with pytest.raises(Conflict):
        services.update_role(role=role, name="x", description="", permissions=["org.view"], by=ann)
    with pytest.raises(Conflict):
        services.delete_role(role=role, by=ann)


def test_a_role_is_given_below_and_nowhere_else(cast: Cast) -> None:
    role = make_role(cast)
    lab = services.create_org(slug="lab", admin=cast.ann, parent=cast.acme)
    other = services.create_org(slug="other", admin=cast.ann)
    assert role in Role.objects.usable_in(lab)
    assert role not in Role.objects.usable_in(other)


def test_every_permission_that_a_role_can_hold_has_words() -> None:
    listed = [words.perm for _title, group in GROUPS for words in group]
    assert sorted(listed) == sorted(GRANTABLE)
