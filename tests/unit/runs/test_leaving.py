"""Who leaves an org keeps nothing of what they were given there by themselves."""

from apps.orgs import events
from apps.orgs import services as org_services
from apps.orgs.actor import Actor
from apps.orgs.models import Membership, Role, RolePermission, Team
from apps.orgs.permissions import BuiltinRole, Perm
from apps.projects import access as project_access
from apps.projects.levels import Level
from apps.projects.models import Project, ProjectGrant
from apps.projects.sharing import grant_role, share, shared_project
from apps.runs import access
from apps.runs.sharing import shared_run
from tests.conftest import Cast
from tests.factories import make_project, make_run


def test_grants_on_projects_and_runs_end_with_the_membership(cast: Cast) -> None:
    ann, mel = Actor.for_user(cast.ann), Actor.for_user(cast.mel)
    below = org_services.create_org(slug="below", admin=cast.ann, parent=cast.acme)
    other = org_services.create_org(slug="other", admin=cast.ann)
    given = [
        cast.mnist,
        make_project(cast.acme, "second", cast.ann),
        make_project(below, "deep", cast.ann),
    ]
    elsewhere = make_project(other, "elsewhere", cast.ann)
    grant_role(
        shared=shared_project(ann, given[0]),
        to=cast.mel,
        role=Role.objects.get(pk=BuiltinRole.ADMIN),
    )
    for project in (*given[1:], elsewhere):
        share(shared=shared_project(ann, project), to=cast.mel, level=Level.EDIT)
    run = make_run(make_project(cast.acme, "third", cast.ann), cast.ann)
    share(shared=shared_run(ann, run), to=cast.mel, level=Level.EDIT)

    org_services.remove_member(org=cast.acme, user=cast.mel)
    assert not any(project_access.can(mel, Perm.PROJECT_VIEW, project) for project in given)
    assert not access.can(mel, Perm.RUN_VIEW, run)
    assert project_access.can(mel, Perm.PROJECT_EDIT, elsewhere)


def test_what_one_has_where_one_still_belongs_stays(cast: Cast) -> None:
    ann, mel = Actor.for_user(cast.ann), Actor.for_user(cast.mel)
    below = org_services.create_org(slug="below", admin=cast.ann, parent=cast.acme)
    Membership.objects.create(org=below, user=cast.mel, role_id=BuiltinRole.VIEWER)
    project = make_project(below, "deep", cast.ann)
    share(shared=shared_project(ann, project), to=cast.mel, level=Level.EDIT)
    org_services.remove_member(org=cast.acme, user=cast.mel)
    assert project_access.can(mel, Perm.PROJECT_EDIT, project)
    assert not project_access.can(mel, Perm.PROJECT_VIEW, Project.objects.get(pk=cast.mnist.pk))


def test_those_who_hold_a_role_on_a_project_are_told_when_it_changes(cast: Cast) -> None:
    role = Role.objects.create(org=cast.acme, name="Labeller")
    RolePermission.objects.create(role=role, perm=Perm.PROJECT_VIEW)
    team = Team.objects.create(name="acme/vision", org=cast.acme, slug="vision", title="Vision")
    team.user_set.add(cast.vic)
    ProjectGrant.objects.create(project=cast.mnist, user=cast.sam, role=role)
    ProjectGrant.objects.create(project=cast.mnist, team=team, role=role)
    told = []

    def hear(user_id: int, **_signal: object) -> None:
        told.append(user_id)

    events.access_changed.connect(hear)
    try:
        events.role_changed.send(sender=Role, role_key=role.pk)
    finally:
        events.access_changed.disconnect(hear)
    assert sorted(told) == sorted([cast.sam.pk, cast.vic.pk])
