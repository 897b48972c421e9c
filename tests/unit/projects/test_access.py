import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from apps.core.errors import Forbidden, NotFound, Unauthenticated
from apps.orgs import services as org_services
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.models import Membership, Org
from apps.orgs.permissions import PUBLIC, READ, ROLE_PERMISSIONS, WRITE, BuiltinRole, Perm
from apps.projects import access, services
from apps.projects.models import Project
from tests.conftest import Cast
from tests.factories import make_project, make_user


def actors(cast: Cast) -> dict[BuiltinRole | None, Actor]:
    people = {
        BuiltinRole.ADMIN: cast.ann,
        BuiltinRole.MEMBER: cast.mel,
        BuiltinRole.VIEWER: cast.vic,
        None: cast.sam,
    }
    return {role: Actor.for_user(user) for role, user in people.items()}


@pytest.mark.parametrize("perm", list(Perm))
@pytest.mark.parametrize("visibility", list(Project.Visibility))
def test_rights_come_from_the_role_and_from_being_public(
    cast: Cast, perm: Perm, visibility: Project.Visibility
) -> None:
    services.update_project(project=cast.mnist, visibility=visibility)
    opened = PUBLIC if visibility == Project.Visibility.PUBLIC else frozenset()
    for role, actor in actors(cast).items():
        held = (ROLE_PERMISSIONS[role] if role else frozenset()) | opened
        assert access.can(actor, perm, cast.mnist) is (perm in held), role
    assert not access.can(ANONYMOUS, perm, cast.mnist)


@pytest.mark.parametrize("perm", list(Perm))
def test_the_installation_decides_whether_strangers_see_public_projects(
    cast: Cast, perm: Perm, settings: Settings
) -> None:
    settings.ANONYMOUS_ACCESS = True
    assert not access.can(ANONYMOUS, perm, cast.mnist)
    services.update_project(project=cast.mnist, visibility="public")
    assert access.can(ANONYMOUS, perm, cast.mnist) is (perm in PUBLIC)


def test_private_projects_of_orgs_without_members_stay_private(
    cast: Cast, settings: Settings
) -> None:
    """A LEFT JOIN would match the NULL of an anonymous actor; EXISTS does not."""
    settings.ANONYMOUS_ACCESS = True
    Membership.objects.filter(org=cast.acme).delete()
    for actor in (ANONYMOUS, *actors(cast).values()):
        assert not Project.objects.visible_to(actor).exists()
    root = Actor.for_user(make_user("root-user", is_admin=True))
    assert Project.objects.visible_to(root).get() == cast.mnist


def test_a_key_s_scope_caps_what_the_role_grants(cast: Cast) -> None:
    reader, writer = (Actor.for_user(cast.ann, cap) for cap in (READ, WRITE))
    for perm in Perm:
        assert access.can(reader, perm, cast.mnist) is (perm in READ)
        assert access.can(writer, perm, cast.mnist) is (perm in WRITE)


def test_a_key_without_the_permission_to_look_sees_not_even_public_projects(cast: Cast) -> None:
    services.update_project(project=cast.mnist, visibility="public")
    assert not access.can(Actor.for_user(cast.sam, frozenset()), Perm.PROJECT_VIEW, cast.mnist)


def test_get_project_tells_unseen_from_not_allowed(cast: Cast) -> None:
    who = actors(cast)
    with pytest.raises(Unauthenticated):
        access.get_project(ANONYMOUS, "acme", "mnist")
    for actor, org, project in [
        (who[None], "acme", "mnist"),
        (who[BuiltinRole.ADMIN], "acme", "nothing"),
        (who[BuiltinRole.ADMIN], "ann", "mnist"),
        (who[BuiltinRole.ADMIN], "ACME", "mnist"),
    ]:
        with pytest.raises(NotFound) as caught:
            access.get_project(actor, org, project)
        assert caught.value.code == "project_not_found"
    with pytest.raises(Forbidden):
        access.get_project(who[BuiltinRole.VIEWER], "acme", "mnist", Perm.RUN_WRITE)
    found = access.get_project(who[BuiltinRole.MEMBER], "acme", "mnist", Perm.RUN_WRITE)
    assert found == cast.mnist


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "%", "_", "mnist' OR 1=1 --", "x" * 99_999])
def test_no_name_upsets_the_database_or_matches_by_pattern(cast: Cast, name: str) -> None:
    ann = Actor.for_user(cast.ann)
    for org, project in (("acme", name), (name, "mnist")):
        with pytest.raises(NotFound):
            access.get_project(ann, org, project)


def test_composed_and_decomposed_names_are_one(cast: Cast) -> None:
    project = make_project(cast.acme, "caf\u00e9", cast.ann)
    assert access.get_project(Actor.for_user(cast.ann), "acme", "cafe\u0301") == project


def test_loading_and_checking_is_one_query(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for user in (cast.ann, cast.vic):
        with django_assert_num_queries(1):
            project = access.get_project(Actor.for_user(user), "acme", "mnist", Perm.RUN_VIEW)
            assert project.org.slug == "acme"


def test_a_member_sees_what_is_theirs_and_what_is_public_and_nothing_else(cast: Cast) -> None:
    other = org_services.create_org(slug="other", admin=cast.sam)
    hidden = make_project(other, "hidden", cast.sam)
    shown = make_project(other, "shown", cast.sam, visibility="public")
    deleted = make_project(other, "deleted", cast.sam, visibility="public")
    services.delete_project(project=deleted)
    visible = set(Project.objects.visible_to(Actor.for_user(cast.vic)))
    assert visible == {cast.mnist, shown}
    assert hidden not in visible


def test_the_end_of_a_membership_is_the_end_of_access(cast: Cast) -> None:
    org_services.remove_member(org=cast.acme, user=cast.mel)
    mel = Actor.for_user(cast.mel)
    assert not Org.objects.visible_to(mel).filter(slug="acme").exists()
    with pytest.raises(NotFound):
        access.get_project(mel, "acme", "mnist")
