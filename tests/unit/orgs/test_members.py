"""Who belongs to an org, and what changes of it are refused."""

from __future__ import annotations

import pytest

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.orgs import access, members, services
from apps.orgs.actor import Actor
from apps.orgs.models import Membership, Org, Role
from apps.orgs.permissions import Perm
from tests.conftest import Cast
from tests.factories import make_user


def hr_role(cast: Cast) -> Role:
    """A role that manages members and holds little else."""
    return services.create_role(
        org=cast.acme,
        name="HR",
        permissions=[Perm.ORG_VIEW, Perm.MEMBER_MANAGE],
        by=Actor.for_user(cast.ann),
    )


def test_nobody_gives_a_role_above_theirs(cast: Cast) -> None:
    role = hr_role(cast)
    services.set_role(org=cast.acme, user=cast.mel, role=role.pk)
    mel = Actor.for_user(cast.mel)
    with pytest.raises(Forbidden) as refused:
        services.set_role(org=cast.acme, user=cast.vic, role="admin", by=mel)
    assert refused.value.code == "role_above_yours"
    assert "role.manage" in refused.value.message
    services.set_role(org=cast.acme, user=cast.sam, role=role.pk, by=mel)
    assert members.belongs(cast.sam, cast.acme)


def test_nobody_takes_a_role_above_theirs(cast: Cast) -> None:
    role = hr_role(cast)
    services.set_role(org=cast.acme, user=cast.mel, role=role.pk)
    services.set_role(org=cast.acme, user=cast.vic, role="admin")
    mel = Actor.for_user(cast.mel)
    with pytest.raises(Forbidden):
        services.set_role(org=cast.acme, user=cast.vic, role=role.pk, by=mel)
    with pytest.raises(Forbidden):
        services.remove_member(org=cast.acme, user=cast.vic, by=mel)
    assert access.can_in_org(Actor.for_user(cast.vic), Perm.ROLE_MANAGE, cast.acme)


def test_the_owner_stays(cast: Cast) -> None:
    services.set_role(org=cast.acme, user=cast.mel, role="admin")
    with pytest.raises(Conflict) as refused:
        services.remove_member(org=cast.acme, user=cast.ann)
    assert refused.value.code == "owner_stays"
    with pytest.raises(Conflict):
        services.set_role(org=cast.acme, user=cast.ann, role="member")
    services.transfer_org(org=cast.acme, to=cast.mel, by=Actor.for_user(cast.ann))
    services.remove_member(org=cast.acme, user=cast.ann)
    assert not members.belongs(cast.ann, cast.acme)


def test_the_last_admin_stays(cast: Cast) -> None:
    Org.objects.filter(pk=cast.acme.pk).update(owner=None)
    cast.acme.refresh_from_db()
    with pytest.raises(Conflict) as refused:
        services.remove_member(org=cast.acme, user=cast.ann)
    assert refused.value.code == "last_admin"
    mel_is_away = make_user("away")
    services.set_role(org=cast.acme, user=mel_is_away, role="admin")
    services.set_active(user=mel_is_away, is_active=False)
    with pytest.raises(Conflict):
        services.set_role(org=cast.acme, user=cast.ann, role="viewer")
    services.set_role(org=cast.acme, user=cast.mel, role="admin")
    services.set_role(org=cast.acme, user=cast.ann, role="viewer")


def test_an_admin_above_is_admin_enough(cast: Cast) -> None:
    lab = services.create_org(slug="lab", admin=cast.ann, parent=cast.acme)
    services.set_role(org=lab, user=cast.mel, role="admin")
    Org.objects.filter(pk=lab.pk).update(owner=None)
    lab.refresh_from_db()
    services.remove_member(org=lab, user=cast.ann)
    services.remove_member(org=lab, user=cast.mel)
    assert list(members.admins_of(lab)) == [cast.ann]


def test_who_belongs_to_an_org_above_is_removed_there(cast: Cast) -> None:
    lab = services.create_org(slug="lab", admin=cast.ann, parent=cast.acme)
    with pytest.raises(Conflict) as refused:
        services.remove_member(org=lab, user=cast.mel)
    assert refused.value.code == "inherited"


def test_leaving_the_org_leaves_its_teams_and_those_below(cast: Cast) -> None:
    lab = services.create_org(slug="lab", admin=cast.ann, parent=cast.acme)
    kept = services.create_org(slug="kept", admin=cast.ann, parent=cast.acme)
    teams = [services.create_team(org=org, slug="t") for org in (cast.acme, lab, kept)]
    services.set_role(org=kept, user=cast.mel, role="viewer")
    for team in teams:
        services.join_team(team=team, user=cast.mel)
    services.remove_member(org=cast.acme, user=cast.mel)
    assert [cast.mel in team.user_set.all() for team in teams] == [False, False, True]


def test_ownership_goes_to_members_who_can_sign_in_only(cast: Cast) -> None:
    robot = services.create_service_account(
        org=cast.acme,
        username="robot",
        role=Role.objects.get(key="member"),
        by=Actor.for_user(cast.ann),
    )
    for heir in (cast.sam, robot):
        with pytest.raises(Invalid):
            services.transfer_org(org=cast.acme, to=heir, by=Actor.for_user(cast.ann))
    services.set_role(org=cast.acme, user=cast.mel, role="admin")
    with pytest.raises(Forbidden):
        services.transfer_org(org=cast.acme, to=cast.mel, by=Actor.for_user(cast.mel))
    # Where the owner can't sign in any more, an admin takes over.
    services.set_active(user=cast.ann, is_active=False)
    services.transfer_org(org=cast.acme, to=cast.mel, by=Actor.for_user(cast.mel))
    assert Org.objects.get(slug="acme").owner == cast.mel


def test_a_personal_org_stays_with_its_person(cast: Cast) -> None:
    personal = Org.objects.get(slug="ann")
    services.set_role(org=personal, user=cast.mel, role="admin")
    with pytest.raises(Conflict) as refused:
        services.transfer_org(org=personal, to=cast.mel, by=Actor.for_user(cast.ann))
    assert refused.value.code == "personal_org"
    with pytest.raises(Conflict):
        services.remove_member(org=personal, user=cast.ann)


def test_members_are_described_with_what_they_inherit(cast: Cast) -> None:
    lab = services.create_org(slug="lab", admin=cast.ann, parent=cast.acme)
    services.set_role(org=lab, user=cast.sam, role="viewer")
    services.set_role(org=lab, user=cast.mel, role="admin")
    team = services.create_team(org=lab, slug="t", title="Pretraining")
    services.join_team(team=team, user=cast.vic)
    found = {m.user.username: m for m in members.described(lab, list(members.search(lab)))}
    assert sorted(found) == ["ann", "mel", "sam", "vic"]
    assert found["ann"].is_owner
    assert found["mel"].role is not None
    assert found["mel"].role.pk == "admin"
    assert [(m.org.slug, m.role_id) for m in found["mel"].inherited] == [("acme", "member")]
    assert found["vic"].role is None
    assert [t.title for t in found["vic"].teams] == ["Pretraining"]
    assert found["sam"].inherited == []
    assert [u.username for u in members.search(lab, words="EXAMPLE vi")] == ["vic"]
    assert [u.username for u in members.search(lab, role="viewer")] == ["sam", "vic"]
    assert [u.username for u in members.search(lab, team="t")] == ["vic"]


def test_when_somebody_was_active_is_their_last_sign_in_or_key(cast: Cast) -> None:
    key, _secret = services.create_api_key(user=cast.mel, name="k")
    assert members.belonging_to(cast.acme).get(pk=cast.mel.pk).active_at is None  # type: ignore[attr-defined]  # annotated
    type(key).objects.filter(pk=key.pk).update(last_used_at=key.created_at)
    assert members.belonging_to(cast.acme).get(pk=cast.mel.pk).active_at == key.created_at  # type: ignore[attr-defined]  # annotated


def test_a_role_of_another_org_is_not_given(cast: Cast) -> None:
    other = services.create_org(slug="other", admin=cast.sam)
    foreign = services.create_role(
        org=other, name="Foreign", permissions=["org.view"], by=Actor.for_user(cast.sam)
    )
    with pytest.raises(Invalid):
        services.set_role(org=cast.acme, user=cast.mel, role=foreign.pk)
    assert Membership.objects.get(org=cast.acme, user=cast.mel).role_id == "member"
