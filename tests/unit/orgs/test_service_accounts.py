"""Accounts of machines."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.http import HttpRequest

from apps.core.errors import Forbidden, Invalid
from apps.orgs import services
from apps.orgs.actor import Actor
from apps.orgs.models import ApiKey, Membership, Org, Role, Team, User
from tests.conftest import Cast


def make_robot(cast: Cast, *, role: str = "member", team: Team | None = None) -> User:
    return services.create_service_account(
        org=cast.acme,
        username="robot",
        name="CI",
        role=Role.objects.get(key=role),
        team=team,
        by=Actor.for_user(cast.ann),
    )


def test_it_is_a_member_with_keys_and_nothing_else(cast: Cast) -> None:
    team = services.create_team(org=cast.acme, slug="t")
    robot = make_robot(cast, team=team)
    assert Membership.objects.get(user=robot).role_id == "member"
    assert list(team.user_set.all()) == [robot]
    assert robot.home_org_slug == "acme"
    assert not robot.has_usable_password()
    assert not Org.objects.filter(slug="robot").exists()
    assert authenticate(HttpRequest(), username="robot", password="") is None


@pytest.mark.parametrize("username", ["ann", "acme", "api", "R"])
def test_a_name_that_cannot_be_is_named(cast: Cast, username: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_service_account(
            org=cast.acme,
            username=username,
            role=Role.objects.get(key="viewer"),
            by=Actor.for_user(cast.ann),
        )
    assert list(refused.value.fields) == ["username"]


def test_nobody_controls_one_that_may_more_than_they(cast: Cast) -> None:
    keeper = services.create_role(
        org=cast.acme,
        name="Keeper",
        permissions=["org.view", "service.manage"],
        by=Actor.for_user(cast.ann),
    )
    services.set_role(org=cast.acme, user=cast.mel, role=keeper.pk)
    mel, robot = Actor.for_user(cast.mel), make_robot(cast, role="admin")
    with pytest.raises(Forbidden):
        services.require_control(account=robot, by=mel)
    with pytest.raises(Forbidden):
        services.set_account_active(account=robot, is_active=False, by=mel)
    with pytest.raises(Forbidden):
        services.create_service_account(
            org=cast.acme, username="robot-2", role=Role.objects.get(key="member"), by=mel
        )
    weak = services.create_service_account(
        org=cast.acme, username="weak", role=keeper, by=Actor.for_user(cast.ann)
    )
    services.require_control(account=weak, by=mel)


def test_closing_it_ends_its_keys(cast: Cast) -> None:
    robot = make_robot(cast)
    _key, secret = services.create_api_key(user=robot, name="k")
    assert ApiKey.objects.find(secret) is not None
    services.set_account_active(account=robot, is_active=False, by=Actor.for_user(cast.ann))
    assert ApiKey.objects.find(secret) is None
    services.set_account_active(account=robot, is_active=True, by=Actor.for_user(cast.ann))
    assert ApiKey.objects.find(secret) is not None
