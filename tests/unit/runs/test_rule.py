"""The one rule in random worlds: every way of asking agrees, limits only cut down, and each yes has a reason."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import product

import pytest
from guardian.shortcuts import assign_perm
from pytest_django import Settings

from apps.core import clock
from apps.orgs import explain as in_org
from apps.orgs.access import can_in_org
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.models import Membership, Org, Role, RolePermission, Team, User
from apps.orgs.permissions import ALL, ON_PROJECT, ON_RUN, PUBLIC, READ, WRITE, BuiltinRole, Perm
from apps.projects import access as project_access
from apps.projects import explain as on_project
from apps.projects.models import Project, ProjectGrant
from apps.runs import access as run_access
from apps.runs import explain as on_run
from apps.runs.models import Run

PERMS = sorted(ON_PROJECT | {Perm.ORG_VIEW, Perm.MEMBER_MANAGE})


@dataclass
class World:
    """Orgs, some within others, people with roles in some, teams, projects and runs, and grants of every kind."""

    users: list[User]
    orgs: list[Org]
    projects: list[Project]
    runs: list[Run]
    actors: list[Actor]


def make_world(dice: random.Random) -> World:
    users = [
        User.objects.create(username=f"user-{number}", is_superuser=number == 0)
        for number in range(6)
    ]
    orgs: list[Org] = []
    for number in range(6):
        parents = [org for org in orgs if len(org.lineage()) < Org.MAX_LEVELS]
        parent = dice.choice([None, *parents])
        orgs.append(Org.objects.create(slug=f"org-{number}", name=f"{number}", parent=parent))
    roles = [*Role.objects.all(), *(_role(dice, org) for org in orgs[:3])]
    for org, user in product(orgs, users[1:]):
        if dice.random() < 0.2:
            Membership.objects.create(org=org, user=user, role=dice.choice(roles))
    teams = [_team(dice, org, users) for org in orgs[:4]]
    projects = [_project(dice, number, orgs) for number in range(7)]
    runs = [_run(dice, project, number) for project in projects for number in (1, 2)]
    for _ in range(14):
        _grant(dice, users, teams, projects, runs, roles)
    return World(users, orgs, projects, runs, _actors(dice, users, orgs, projects))


def _role(dice: random.Random, org: Org) -> Role:
    role = Role.objects.create(org=org, name=f"role of {org.slug}")
    for perm in dice.sample(PERMS, 3):
        RolePermission.objects.create(role=role, perm=perm)
    return role


def _team(dice: random.Random, org: Org, users: list[User]) -> Team:
    team = Team.objects.create(name=f"{org.slug}/team", org=org, slug="team", title="Team")
    team.user_set.set(dice.sample(users, 2))
    return team


def _project(dice: random.Random, number: int, orgs: list[Org]) -> Project:
    return Project.objects.create(
        org=dice.choice(orgs),
        slug=f"project-{number}",
        visibility=dice.choice(["private", "private", "public"]),
        deleted_at=clock.now() if dice.random() < 0.15 else None,
    )


def _run(dice: random.Random, project: Project, number: int) -> Run:
    return Run.objects.create(
        project=project,
        short_id=f"r{number}",
        number=number,
        name=f"r{number}",
        deleted_at=clock.now() if dice.random() < 0.15 else None,
    )


def _grant(
    dice: random.Random,
    users: list[User],
    teams: list[Team],
    projects: list[Project],
    runs: list[Run],
    roles: list[Role],
) -> None:
    to = dice.choice([*users[1:], *teams])
    kind = dice.choice(["role", "project", "run"])
    if kind == "role":
        holder = {"user": to} if isinstance(to, User) else {"team": to}
        ProjectGrant.objects.get_or_create(
            project=dice.choice(projects), **holder, defaults={"role": dice.choice(roles)}
        )
    elif kind == "project":
        assign_perm(dice.choice(sorted(ON_PROJECT)).codename, to, dice.choice(projects))
    else:
        assign_perm(dice.choice(sorted(ON_RUN)).codename, to, dice.choice(runs))


def _actors(
    dice: random.Random, users: list[User], orgs: list[Org], projects: list[Project]
) -> list[Actor]:
    people = [ANONYMOUS, *(Actor.for_user(user) for user in users)]
    keys = []
    for person in people[1:]:
        keys.append(replace(person, cap=dice.choice([READ, WRITE, frozenset({Perm.RUN_VIEW})])))
        keys.append(replace(person, only_org_id=dice.choice(orgs).pk))
        keys.append(replace(person, only_project_id=dice.choice(projects).pk))
    return people + keys


@pytest.fixture(params=range(4))
def world(request: pytest.FixtureRequest, db: None, settings: Settings) -> World:
    settings.ANONYMOUS_ACCESS = request.param % 2 == 0
    return make_world(random.Random(request.param))


def questions(world: World, number: int) -> list[tuple[Actor, Perm]]:
    """Choose some of what can be asked, other ones in each world."""
    dice = random.Random(world.projects[0].org.slug + world.projects[1].org.slug)
    return dice.sample(list(product(world.actors, PERMS)), number)


def test_every_way_of_asking_gives_the_same_answer(world: World) -> None:
    for actor, perm in questions(world, 40):
        projects = set(Project.objects.visible_to(actor, perm))
        allowed = Project.objects.filter(deleted_at=None).with_allowed(actor, perm)
        assert {project for project in allowed if project.allowed} == projects  # type: ignore[attr-defined]  # annotated
        runs = set(Run.objects.visible_to(actor, perm))
        open_runs = Run.objects.filter(deleted_at=None).with_allowed(actor, perm)
        assert {run for run in open_runs if run.allowed} == runs  # type: ignore[attr-defined]  # annotated
        # What one may on a project, one may on its runs.
        assert {run for run in world.runs if run.project in projects and not run.deleted_at} <= runs


def test_can_agrees_with_the_lists(world: World) -> None:
    for actor, perm in questions(world, 12):
        projects = set(Project.objects.visible_to(actor, perm))
        runs = set(Run.objects.visible_to(actor, perm))
        for project in world.projects:
            assert project_access.can(actor, perm, project) is (project in projects)
        for run in world.runs:
            assert run_access.can(actor, perm, run) is (run in runs)


def test_there_is_a_reason_just_where_the_answer_is_yes(world: World) -> None:
    for actor, perm in questions(world, 20):
        orgs = set(Org.objects.visible_to(actor, perm))
        for org in world.orgs:
            assert in_org.explain(actor, perm, org).is_allowed is (org in orgs)
            assert can_in_org(actor, perm, org) is (org in orgs)
        projects = set(Project.objects.visible_to(actor, perm))
        for project in world.projects:
            assert on_project.explain(actor, perm, project).is_allowed is (project in projects)
        runs = set(Run.objects.visible_to(actor, perm))
        for run in world.runs:
            assert on_run.explain(actor, perm, run).is_allowed is (run in runs)


def test_nobody_sees_what_is_private_and_all_what_is_public(
    world: World, settings: Settings
) -> None:
    shown = {project for project in world.projects if project.is_public and not project.deleted_at}
    expected = shown if settings.ANONYMOUS_ACCESS else set()
    for perm in PERMS:
        found = set(Project.objects.visible_to(ANONYMOUS, perm))
        assert found == (expected if perm in PUBLIC else set())
    for user in world.users:
        assert shown <= set(Project.objects.visible_to(Actor.for_user(user)))


def test_the_limits_of_a_key_only_ever_cut_down(world: World) -> None:
    for actor, perm in questions(world, 60):
        free = replace(actor, cap=ALL, only_org_id=None, only_project_id=None)
        for objects in (Org.objects, Project.objects, Run.objects):
            of_key = set(objects.visible_to(actor, perm))
            assert of_key <= set(objects.visible_to(free, perm))
            assert not of_key or perm in actor.cap
        for run in Run.objects.visible_to(actor, perm).select_related("project"):
            assert actor.only_project_id in (None, run.project_id)
            if actor.only_org_id is not None:
                above = [org.pk for org in run.project.org.lineage()]
                assert actor.only_org_id in above


def test_roles_are_inherited_downwards_and_never_upwards(db: None) -> None:
    user = User.objects.create(username="user")
    orgs: list[Org] = []
    for number in range(Org.MAX_LEVELS):
        parent = orgs[-1] if orgs else None
        orgs.append(Org.objects.create(slug=f"level-{number}", name="n", parent=parent))
    projects = [Project.objects.create(org=org, slug="p") for org in orgs]
    Membership.objects.create(org=orgs[2], user=user, role_id=BuiltinRole.VIEWER)
    assert set(Project.objects.visible_to(Actor.for_user(user))) == set(projects[2:])
