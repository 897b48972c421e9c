"""Orgs within orgs."""

from __future__ import annotations

import pytest

from apps.core.errors import AppError, Conflict, Forbidden
from apps.orgs import access, services
from apps.orgs.actor import Actor
from apps.orgs.models import Org, OrgLineage
from apps.orgs.permissions import Perm
from tests.conftest import Cast


def child(parent: Org, slug: str, cast: Cast) -> Org:
    return services.create_org(slug=slug, admin=cast.ann, parent=parent)


def lineages() -> set[tuple[str, str, int]]:
    lines = OrgLineage.objects.exclude(distance=0)
    return set(lines.values_list("org__slug", "ancestor__slug", "distance"))


def test_moving_takes_the_subtree_along(cast: Cast) -> None:
    a, b = child(cast.acme, "a", cast), child(cast.acme, "b", cast)
    a1 = child(a, "a1", cast)
    child(a1, "a2", cast)
    services.move_org(org=a1, parent=b, by=Actor.for_user(cast.ann))
    assert lineages() == {
        ("a", "acme", 1),
        ("b", "acme", 1),
        ("a1", "b", 1),
        ("a1", "acme", 2),
        ("a2", "a1", 1),
        ("a2", "b", 2),
        ("a2", "acme", 3),
    }
    services.move_org(org=b, parent=None, by=Actor.for_user(cast.ann))
    assert {line for line in lineages() if line[1] == "acme"} == {("a", "acme", 1)}
    assert [org.slug for org in Org.objects.get(slug="a2").lineage()] == ["b", "a1", "a2"]


def test_members_change_with_the_orgs_above(cast: Cast) -> None:
    a = child(cast.acme, "a", cast)
    mel = Actor.for_user(cast.mel)
    team = services.create_team(org=a, slug="t")
    services.join_team(team=team, user=cast.mel)
    assert access.can_in_org(mel, Perm.RUN_WRITE, a)
    services.move_org(org=a, parent=None, by=Actor.for_user(cast.ann))
    assert not access.can_in_org(mel, Perm.ORG_VIEW, a)
    assert not team.user_set.exists()


def test_the_tree_has_five_levels(cast: Cast) -> None:
    ann = Actor.for_user(cast.ann)
    orgs = [cast.acme]
    for level in range(2, 6):
        orgs.append(child(orgs[-1], f"level-{level}", cast))
    with pytest.raises(Conflict) as refused:
        child(orgs[-1], "level-6", cast)
    assert refused.value.code == "too_deep"
    second = child(services.create_org(slug="top", admin=cast.ann), "second", cast)
    with pytest.raises(Conflict):  # Levels 2 to 5 would be levels 3 to 6.
        services.move_org(org=orgs[1], parent=second, by=ann)
    services.move_org(org=orgs[2], parent=second, by=ann)
    assert len(orgs[4].lineage()) == 5


def test_no_org_lies_within_itself(cast: Cast) -> None:
    a1 = child(child(cast.acme, "a", cast), "a1", cast)
    for parent in (cast.acme, a1):
        with pytest.raises(Conflict) as refused:
            services.move_org(org=cast.acme, parent=parent, by=Actor.for_user(cast.ann))
        assert refused.value.code == "cycle"


def test_who_moves_has_rights_on_all_ends(cast: Cast) -> None:
    a = child(cast.acme, "a", cast)
    services.set_role(org=a, user=cast.mel, role="admin")
    mels = services.create_org(slug="mels", admin=cast.mel)
    with pytest.raises(Forbidden):  # mel is no admin of acme, which it leaves.
        services.move_org(org=a, parent=mels, by=Actor.for_user(cast.mel))
    with pytest.raises(AppError):  # ann cannot see where it comes into.
        services.move_org(org=a, parent=mels, by=Actor.for_user(cast.ann))
    services.set_role(org=mels, user=cast.ann, role="admin")
    services.move_org(org=a, parent=mels, by=Actor.for_user(cast.ann))
    a.refresh_from_db()
    assert a.parent == mels


def test_personal_orgs_stand_alone(cast: Cast) -> None:
    personal = Org.objects.get(slug="ann")
    for org, parent in ((personal, cast.acme), (cast.acme, personal)):
        with pytest.raises(Conflict) as refused:
            services.move_org(org=org, parent=parent, by=Actor.for_user(cast.ann))
        assert refused.value.code == "personal_org"


def test_a_move_does_not_strand_a_role(cast: Cast) -> None:
    ann = Actor.for_user(cast.ann)
    a = child(cast.acme, "a", cast)
    role = services.create_role(org=cast.acme, name="R", permissions=["org.view"], by=ann)
    services.set_role(org=a, user=cast.sam, role=role.pk)
    with pytest.raises(Conflict) as refused:
        services.move_org(org=a, parent=None, by=ann)
    assert refused.value.code == "role_in_use"
    a.refresh_from_db()
    assert a.parent == cast.acme
    assert ("a", "acme", 1) in lineages()


def test_a_move_leaves_no_org_without_an_admin(cast: Cast) -> None:
    a = child(cast.acme, "a", cast)
    Org.objects.filter(pk=a.pk).update(owner=None)
    a.refresh_from_db()
    services.remove_member(org=a, user=cast.ann)  # Who is its admin from above.
    with pytest.raises(Conflict) as refused:
        services.move_org(org=a, parent=None, by=Actor.for_user(cast.ann))
    assert refused.value.code == "last_admin"
    assert ("a", "acme", 1) in lineages()
