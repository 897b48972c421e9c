"""Nobody comes to more than they were given: not through teams, links, machines or explanations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from apps.audit.models import Entry
from apps.orgs import services
from apps.orgs.actor import Actor
from apps.orgs.models import ApiKey, Membership, Role, Team, User
from apps.orgs.permissions import BuiltinRole, Perm
from apps.projects import access, sharing
from apps.projects.levels import Level
from tests.api.rest import error_of, send
from tests.conftest import Cast
from tests.factories import PASSWORD

AsUser = Callable[[User], Client]
CLERK = [Perm.ORG_VIEW, Perm.MEMBER_MANAGE, Perm.SERVICE_MANAGE, Perm.ROLE_MANAGE]


@pytest.fixture
def clerk(cast: Cast) -> User:
    """Somebody who may manage people, roles and machines, and see no project."""
    role = services.create_role(
        org=cast.acme, name="Clerk", permissions=CLERK, by=Actor.for_user(cast.ann)
    )
    person = services.create_user(username="clerk", email="clerk@example.org", password=None)
    services.set_role(org=cast.acme, user=person, role=role.pk)
    return person


@pytest.fixture(params=["role", "share"])
def team(cast: Cast, request: pytest.FixtureRequest) -> Team:
    """A team that was given mnist."""
    found = services.create_team(org=cast.acme, slug="core")
    shared = sharing.shared_project(Actor.for_user(cast.ann), cast.mnist)
    if request.param == "role":
        role = Role.objects.get(pk=BuiltinRole.ADMIN)
        sharing.grant_role(shared=shared, to=found, role=role)
    else:
        sharing.share(shared=shared, to=found, level=Level.EDIT)
    return found


def refused(response: Any, code: str) -> None:
    assert response.status_code == 403
    assert error_of(response)["code"] == code


def test_a_clerk_does_not_join_a_team_that_may_do_more(
    cast: Cast, as_user: AsUser, clerk: User, team: Team
) -> None:
    refused(send(as_user(clerk), "put", "orgs/acme/teams/core/members/clerk"), "team_above_yours")
    page = Client()
    page.force_login(clerk)
    page.post("/orgs/acme/teams/core/join", {"username": "clerk"})
    assert not team.user_set.filter(pk=clerk.pk).exists()
    assert not access.can(Actor.for_user(clerk), Perm.PROJECT_VIEW, cast.mnist)
    assert send(as_user(cast.ann), "put", "orgs/acme/teams/core/members/clerk").status_code == 204
    assert access.can(Actor.for_user(clerk), Perm.PROJECT_VIEW, cast.mnist)


def test_a_clerk_invites_nobody_into_such_a_team(
    cast: Cast, as_user: AsUser, clerk: User, team: Team
) -> None:
    role = Role.objects.get(name="Clerk")
    body = {"role": role.pk, "team": "core", "expires_at": "2999-01-01T00:00:00Z"}
    refused(send(as_user(clerk), "post", "orgs/acme/invitations", body), "team_above_yours")
    machine = {"username": "robot", "role": role.pk, "team": "core"}
    refused(send(as_user(clerk), "post", "orgs/acme/service-accounts", machine), "team_above_yours")
    assert not User.objects.filter(username="robot").exists()


def test_a_clerk_gives_no_role_above_theirs(cast: Cast, as_user: AsUser, clerk: User) -> None:
    client = as_user(clerk)
    for role in ("admin", "member", "viewer"):
        for username in ("clerk", "mel"):
            response = send(client, "patch", f"orgs/acme/members/{username}", {"role": role})
            refused(response, "role_above_yours")
    body = {"name": "Mine", "permissions": ["project.delete"]}
    refused(send(client, "post", "orgs/acme/roles", body), "role_above_yours")
    own = Role.objects.get(name="Clerk")
    more = {"name": "Clerk", "permissions": [*CLERK, "run.view"]}
    refused(send(client, "put", f"orgs/acme/roles/{own.pk}", more), "role_above_yours")
    assert send(client, "delete", "orgs/acme/members/ann").status_code in {403, 409}
    assert Membership.objects.get(org=cast.acme, user=clerk).role == own


def test_a_clerk_gets_no_key_of_a_machine_that_may_do_more(
    cast: Cast, as_user: AsUser, clerk: User
) -> None:
    member = Role.objects.get(pk=BuiltinRole.MEMBER)
    by = Actor.for_user(cast.ann)
    robot = services.create_service_account(org=cast.acme, username="robot", role=member, by=by)
    client = as_user(clerk)
    response = send(client, "post", "orgs/acme/service-accounts/robot/keys", {"name": "k"})
    refused(response, "role_above_yours")
    page = Client()
    page.force_login(clerk)
    page.post("/orgs/acme/service-accounts/robot", {"name": "k", "scope": "full"})
    assert not ApiKey.objects.filter(user=robot).exists()


def test_who_was_given_one_project_is_told_nothing_of_the_org(cast: Cast, as_user: AsUser) -> None:
    """sam may share mnist and so ask who reaches it, but is no member of acme."""
    shared = sharing.shared_project(Actor.for_user(cast.ann), cast.mnist)
    sharing.share(shared=shared, to=cast.sam, level=Level.MANAGE)
    client = as_user(cast.sam)
    path = "projects/acme/mnist/access/why?user=ann&permission="
    assert send(client, "get", path + "project.view").status_code == 200
    assert send(client, "get", path + "member.manage").status_code == 404
    for perm in ("org.view", "audit.view", "role.manage"):
        assert send(client, "get", path + perm).status_code == 404


def test_a_share_gives_no_more_than_its_giver_has(cast: Cast, as_user: AsUser) -> None:
    """mel, a member, may share but not delete: neither may whom she shares with."""
    shared = sharing.shared_project(Actor.for_user(cast.mel), cast.mnist)
    held = sharing.held_on_project(Actor.for_user(cast.mel), cast.mnist)
    assert Perm.PROJECT_DELETE not in held
    with pytest.raises(Exception, match=r"project\.delete"):
        sharing.share(shared=shared, to=cast.sam, level=Level.MANAGE)
    assert not access.can(Actor.for_user(cast.sam), Perm.PROJECT_VIEW, cast.mnist)


def test_who_leaves_keeps_nothing_of_the_org(cast: Cast) -> None:
    shared = sharing.shared_project(Actor.for_user(cast.ann), cast.mnist)
    sharing.share(shared=shared, to=cast.mel, level=Level.MANAGE)
    services.remove_member(org=cast.acme, user=cast.mel)
    for perm in (Perm.PROJECT_VIEW, Perm.RUN_VIEW, Perm.RUN_WRITE, Perm.PROJECT_SHARE):
        assert not access.can(Actor.for_user(cast.mel), perm, cast.mnist)


def test_a_rule_that_deletes_runs_takes_who_may_delete(cast: Cast, as_user: AsUser) -> None:
    """Who may only describe an org must not empty its projects by a retention rule."""
    perms = [Perm.ORG_VIEW, Perm.ORG_EDIT]
    role = services.create_role(
        org=cast.acme, name="Editor", permissions=perms, by=Actor.for_user(cast.ann)
    )
    services.set_role(org=cast.acme, user=cast.mel, role=role.pk)
    rule = {"older_than_days": 0}
    assert send(as_user(cast.mel), "put", "orgs/acme/retention", rule).status_code == 403
    assert send(as_user(cast.ann), "put", "orgs/acme/retention", rule).status_code == 200


def test_a_password_alone_is_no_sign_in_where_a_second_factor_is_asked(cast: Cast) -> None:
    totp.TOTP.activate(cast.ann, totp.generate_totp_secret())
    before = Entry.objects.filter(action="sign_in").count()
    body = {"username": "ann", "password": PASSWORD}
    assert error_of(send(Client(), "post", "auth/login", body))["code"] == "otp_required"
    wrong = {**body, "otp": "nonsense"}
    assert send(Client(), "post", "auth/login", wrong).status_code in {401, 429}
    page = Client()
    page.post("/accounts/login/", {"login": "ann", "password": PASSWORD})
    assert page.get("/settings/profile").status_code == 302
    assert Entry.objects.filter(action="sign_in").count() == before, "none of these was one"
