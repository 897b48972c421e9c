"""Giving and taking access on one project: nobody goes beyond what they have themselves."""

import pytest

from apps.core.errors import Forbidden, Invalid, NotFound
from apps.orgs import events
from apps.orgs import services as org_services
from apps.orgs.actor import Actor
from apps.orgs.models import Membership, Role, RolePermission, Team, User
from apps.orgs.permissions import ON_PROJECT, READ, BuiltinRole, Perm
from apps.projects import access, services
from apps.projects.audience import (
    find_holder,
    given_on,
    people_who_reach,
    reached_by,
    suggested,
)
from apps.projects.levels import OF_PROJECT, Level
from apps.projects.models import ProjectGrant
from apps.projects.sharing import Shared, grant_role, roles_for, share, shared_project, unshare
from tests.conftest import Cast
from tests.factories import make_project, make_user


def by(cast: Cast, user: User, *, cap: frozenset[Perm] = frozenset(Perm)) -> Shared:
    return shared_project(Actor.for_user(user, cap), cast.mnist)


def make_team(cast: Cast, *members: User) -> Team:
    team = Team.objects.create(name="acme/vision", org=cast.acme, slug="vision", title="Vision")
    team.user_set.add(*members)
    return team


def held_by(cast: Cast, user: User) -> set[Perm]:
    actor = Actor.for_user(user)
    return {perm for perm in ON_PROJECT if access.can(actor, perm, cast.mnist)}


@pytest.mark.parametrize("level", list(Level))
def test_a_level_gives_just_its_permissions_and_another_one_replaces_it(
    cast: Cast, level: Level
) -> None:
    ann = by(cast, cast.ann)
    share(shared=ann, to=cast.sam, level=Level.MANAGE)
    share(shared=ann, to=cast.sam, level=level)
    assert held_by(cast, cast.sam) == OF_PROJECT[level]
    unshare(shared=ann, to=cast.sam)
    unshare(shared=ann, to=cast.sam)
    assert held_by(cast, cast.sam) == set()


def test_a_role_and_a_level_replace_one_another(cast: Cast) -> None:
    ann = by(cast, cast.ann)
    share(shared=ann, to=cast.sam, level=Level.MANAGE)
    grant_role(shared=ann, to=cast.sam, role=Role.objects.get(pk=BuiltinRole.VIEWER))
    assert held_by(cast, cast.sam) == {Perm.PROJECT_VIEW, Perm.RUN_VIEW}
    grant = ProjectGrant.objects.get()
    assert (grant.user, grant.created_by) == (cast.sam, cast.ann)
    share(shared=ann, to=cast.sam, level=Level.EDIT)
    assert held_by(cast, cast.sam) == OF_PROJECT[Level.EDIT]
    assert not ProjectGrant.objects.exists()


def test_a_team_s_members_hold_what_it_was_given_as_long_as_they_are_in_it(cast: Cast) -> None:
    team = make_team(cast, cast.sam)
    share(shared=by(cast, cast.ann), to=team, level=Level.EDIT)
    assert held_by(cast, cast.sam) == OF_PROJECT[Level.EDIT]
    team.user_set.remove(cast.sam)
    assert held_by(cast, cast.sam) == set()


def test_everybody_concerned_is_told(cast: Cast) -> None:
    team = make_team(cast, cast.sam, cast.vic)
    told = []

    def hear(user_id: int, **_signal: object) -> None:
        told.append(user_id)

    events.access_changed.connect(hear)
    try:
        share(shared=by(cast, cast.ann), to=team, level=Level.VIEW)
        share(shared=by(cast, cast.ann), to=cast.sam, level=Level.VIEW)
        unshare(shared=by(cast, cast.ann), to=cast.sam)
    finally:
        events.access_changed.disconnect(hear)
    assert sorted(told[:2]) == sorted([cast.sam.pk, cast.vic.pk])
    assert told[2:] == [cast.sam.pk, cast.sam.pk]


def test_nobody_gives_what_they_lack(cast: Cast) -> None:
    mel = by(cast, cast.mel)
    assert Perm.PROJECT_SHARE in mel.held
    assert Perm.PROJECT_DELETE not in mel.held
    share(shared=mel, to=cast.sam, level=Level.EDIT)
    with pytest.raises(Forbidden, match=r"project\.delete"):
        share(shared=mel, to=cast.sam, level=Level.MANAGE)
    with pytest.raises(Forbidden):
        grant_role(shared=mel, to=cast.sam, role=Role.objects.get(pk=BuiltinRole.ADMIN))
    assert held_by(cast, cast.sam) == OF_PROJECT[Level.EDIT]


def test_a_key_gives_no_more_than_it_is_made_for(cast: Cast) -> None:
    reader = by(cast, cast.ann, cap=READ | {Perm.PROJECT_SHARE})
    share(shared=reader, to=cast.sam, level=Level.VIEW)
    with pytest.raises(Forbidden):
        share(shared=reader, to=cast.sam, level=Level.EDIT)


def test_nobody_takes_or_replaces_what_they_lack_but_everybody_may_leave(cast: Cast) -> None:
    share(shared=by(cast, cast.ann), to=cast.sam, level=Level.MANAGE)
    mel = by(cast, cast.mel)
    with pytest.raises(Forbidden):
        unshare(shared=mel, to=cast.sam)
    with pytest.raises(Forbidden):
        share(shared=mel, to=cast.sam, level=Level.VIEW)
    assert held_by(cast, cast.sam) == ON_PROJECT
    unshare(shared=by(cast, cast.sam), to=cast.sam)
    assert held_by(cast, cast.sam) == set()


def test_roles_are_those_of_the_org_and_above_it(cast: Cast) -> None:
    other = org_services.create_org(slug="other", admin=cast.ann)
    alien = Role.objects.create(org=other, name="Alien")
    RolePermission.objects.create(role=alien, perm=Perm.RUN_VIEW)
    own = Role.objects.create(org=cast.acme, name="Own")
    assert own in roles_for(cast.mnist)
    with pytest.raises(Invalid):
        grant_role(shared=by(cast, cast.ann), to=cast.sam, role=alien)


def test_the_deactivated_and_unknown_levels_are_refused(cast: Cast) -> None:
    with pytest.raises(Invalid):
        share(shared=by(cast, cast.ann), to=cast.sam, level="own")
    org_services.set_active(user=cast.sam, is_active=False)
    with pytest.raises(Invalid):
        share(shared=by(cast, cast.ann), to=cast.sam, level=Level.VIEW)


# --- Whom one can find --------------------------------------------------------------------------
def test_strangers_are_found_by_their_whole_name_only(cast: Cast) -> None:
    ann = by(cast, cast.ann)
    assert suggested(ann.actor, "sa") == []
    assert suggested(ann.actor, "sam@example.org") == []
    assert find_holder(ann, "sam") == cast.sam
    assert find_holder(ann, " Sam@Example.org ") == cast.sam
    for name in ("sa", "s%", "", "\0", "x" * 9999, "nobody@example.org"):
        with pytest.raises(NotFound):
            find_holder(ann, name)


def test_members_and_teams_of_one_s_orgs_are_suggested(cast: Cast) -> None:
    team = make_team(cast)
    org_services.update_user(user=cast.mel, name="Mel Vision")
    ann, sam = Actor.for_user(cast.ann), Actor.for_user(cast.sam)
    assert suggested(ann, "visi") == [team, cast.mel]
    assert suggested(ann, "vic@example") == [cast.vic]
    assert suggested(ann, "%") == suggested(ann, "") == suggested(ann, "\0") == []
    assert suggested(sam, "visi") == []


def test_a_team_of_an_org_that_one_cannot_see_is_not_found_unless_it_is_here_already(
    cast: Cast,
) -> None:
    other = org_services.create_org(slug="other", admin=cast.sam)
    team = Team.objects.create(name="other/them", org=other, slug="them", title="Them")
    ann = by(cast, cast.ann)
    with pytest.raises(NotFound):
        find_holder(ann, "other/them")
    team.user_set.add(cast.sam)
    root = make_user("root-user", is_admin=True)
    share(shared=by(cast, root), to=team, level=Level.VIEW)
    assert find_holder(ann, "other/them") == team


# --- Who gets in ---------------------------------------------------------------------------------
def test_everybody_who_gets_in_is_listed_with_every_reason(cast: Cast) -> None:
    root = org_services.create_org(slug="root-org", admin=cast.sam)
    child = org_services.create_org(slug="child-org", admin=cast.ann, parent=root)
    project = make_project(child, "deep", cast.ann)
    shared = shared_project(Actor.for_user(cast.ann), project)
    team = make_team(cast, cast.vic, cast.ann)
    share(shared=shared, to=team, level=Level.VIEW)
    grant_role(shared=shared, to=cast.mel, role=Role.objects.get(pk=BuiltinRole.MEMBER))
    found = reached_by(shared, people_who_reach(shared).order_by("username"))
    assert [
        (row.user.username, row.label, [str(reason.source) for reason in row.reasons])
        for row in found
    ] == [
        ("ann", "Can manage", ["org_role", "project_share"]),
        ("mel", "Can edit", ["project_role"]),
        ("sam", "Can manage", ["org_role"]),
        ("vic", "Can view", ["project_share"]),
    ]
    by_sam = found[2].reasons[0]
    assert by_sam.org == root
    assert found[3].reasons[0].team == team
    assert [(given.name, given.member_count) for given in given_on(shared)] == [
        ("acme/vision", 2),
        ("mel", 0),
    ]


def test_who_gets_in_are_those_whom_the_rule_lets_in(cast: Cast) -> None:
    services.update_project(project=cast.mnist, visibility="public")
    gone = make_user("gone")
    Membership.objects.create(org=cast.acme, user=gone, role_id=BuiltinRole.MEMBER)
    org_services.set_active(user=gone, is_active=False)
    bystander = Role.objects.create(org=cast.acme, name="Bystander")
    RolePermission.objects.create(role=bystander, perm=Perm.ORG_VIEW)
    Membership.objects.create(org=cast.acme, user=cast.sam, role=bystander)
    assert set(people_who_reach(by(cast, cast.ann))) == {cast.ann, cast.mel, cast.vic}
