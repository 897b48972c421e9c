"""Invitations: what they give, to whom, and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from apps.core import clock
from apps.core.errors import AppError, Conflict, Forbidden, Invalid
from apps.orgs import services
from apps.orgs.actor import Actor
from apps.orgs.members import belongs
from apps.orgs.models import Invitation, Membership, Role, User
from tests.conftest import Cast
from tests.factories import make_user


def invite(cast: Cast, **overrides: Any) -> tuple[Invitation, str]:
    values: dict[str, Any] = {
        "org": cast.acme,
        "role": Role.objects.get(key=overrides.pop("role", "member")),
        "by": Actor.for_user(cast.ann),
        "expires_at": clock.now() + timedelta(days=7),
        **overrides,
    }
    return services.create_invitation(**values)


def accept(token: str, user: User) -> Invitation:
    return services.accept_invitation(digest=Invitation.digest_of(token), user=user)


def refusal_of(token: str, user: User) -> str:
    with pytest.raises(AppError) as refused:
        accept(token, user)
    return refused.value.code


def test_accepting_gives_the_role_and_the_team(cast: Cast) -> None:
    team = services.create_team(org=cast.acme, slug="t")
    _invitation, token = invite(cast, role="viewer", team=team)
    accept(token, cast.sam)
    assert Membership.objects.get(org=cast.acme, user=cast.sam).role_id == "viewer"
    assert list(team.user_set.all()) == [cast.sam]


def test_the_token_is_not_kept(cast: Cast) -> None:
    invitation, token = invite(cast)
    row = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert token not in str(row)
    assert row["digest"] == Invitation.digest_of(token)


def test_a_used_one_is_not_used_again(cast: Cast) -> None:
    _invitation, token = invite(cast)
    accept(token, cast.sam)
    assert refusal_of(token, make_user("tom")) == "invitation_used"


def test_one_for_many_is_used_so_often_and_no_more(cast: Cast) -> None:
    _invitation, token = invite(cast, max_uses=2)
    for name in ("tom", "tim"):
        accept(token, make_user(name))
    assert refusal_of(token, cast.sam) == "invitation_used"
    _invitation, endless = invite(cast, max_uses=None)
    accept(endless, cast.sam)


def test_the_last_use_is_counted_where_it_is_taken(cast: Cast, monkeypatch: Any) -> None:
    """What was read before somebody else took the last use does not count: the row itself decides."""
    invitation, token = invite(cast)
    seen = services.find_invitation(invitation.digest)
    accept(token, cast.sam)
    monkeypatch.setattr("apps.orgs.services.invitations.find_invitation", lambda _digest: seen)
    assert refusal_of(token, make_user("tom")) == "invitation_used"
    invitation.refresh_from_db()
    assert invitation.use_count == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"expires_at": clock.now() - timedelta(seconds=1)}, "invitation_expired"),
        ({"revoked_at": clock.now()}, "invitation_revoked"),
        ({"created_by": None}, "invitation_void"),
        ({"digest": "0" * 64}, "invitation_not_found"),
    ],
)
def test_what_cannot_be_accepted_says_why(cast: Cast, change: dict[str, Any], code: str) -> None:
    invitation, token = invite(cast)
    Invitation.objects.filter(pk=invitation.pk).update(**change)
    assert refusal_of(token, cast.sam) == code
    assert not belongs(cast.sam, cast.acme)


def test_it_gives_nothing_that_its_maker_has_lost(cast: Cast) -> None:
    services.set_role(org=cast.acme, user=cast.mel, role="admin")
    _invitation, token = invite(cast, role="admin", by=Actor.for_user(cast.mel))
    services.set_role(org=cast.acme, user=cast.mel, role="member")
    assert refusal_of(token, cast.sam) == "invitation_void"


def test_one_by_mail_is_for_its_address(cast: Cast) -> None:
    invitation, token = invite(cast, email="Sam@Example.org", max_uses=5)
    assert (invitation.email, invitation.max_uses) == ("sam@example.org", 1)
    assert refusal_of(token, make_user("tom")) == "wrong_address"
    accept(token, cast.sam)


def test_who_is_a_member_keeps_their_role(cast: Cast) -> None:
    _invitation, token = invite(cast, role="viewer")
    assert refusal_of(token, cast.ann) == "already_member"
    team = services.create_team(org=cast.acme, slug="t")
    invitation, token = invite(cast, role="viewer", team=team)
    accept(token, cast.ann)
    assert Membership.objects.get(org=cast.acme, user=cast.ann).role_id == "admin"
    assert list(team.user_set.all()) == [cast.ann]
    invitation.refresh_from_db()
    assert invitation.use_count == 1


def test_nobody_invites_above_their_role(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        invite(cast, role="admin", by=Actor.for_user(cast.mel))


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"expires_at": clock.now() - timedelta(days=1)}, "expires_at"),
        ({"expires_at": clock.now() + timedelta(days=91)}, "expires_at"),
        ({"max_uses": 0}, "max_uses"),
        ({"max_uses": 1001}, "max_uses"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.org\nBcc: c@d.org"}, "email"),
    ],
)
def test_what_an_invitation_cannot_be_is_named(
    cast: Cast, overrides: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        invite(cast, **overrides)
    assert list(refused.value.fields) == [field]


def test_the_team_of_another_org_is_refused(cast: Cast) -> None:
    other = services.create_org(slug="other", admin=cast.ann)
    team = services.create_team(org=other, slug="t")
    with pytest.raises(Invalid):
        invite(cast, team=team)


def test_a_service_account_accepts_none(cast: Cast) -> None:
    role = Role.objects.get(key="viewer")
    other = services.create_org(slug="other", admin=cast.sam)
    robot = services.create_service_account(
        org=other, username="robot", role=role, by=Actor.for_user(cast.sam)
    )
    _invitation, token = invite(cast)
    with pytest.raises(Conflict):
        accept(token, robot)


def test_the_mail_says_who_invites_where_and_until_when(cast: Cast) -> None:
    cast.acme.name = "Acme & Sons"
    cast.acme.save()
    invitation, token = invite(cast, email="new@example.org")
    link = f"https://x.example/invite/{token}"
    assert services.mail_invitation(invitation=invitation, link=link)
    (message,) = mail.outbox
    assert message.to == ["new@example.org"]
    assert message.subject == "You are invited to Acme & Sons"
    assert "ann invites you to Acme & Sons as Member." in message.body
    assert link in message.body


def test_a_mail_server_that_is_away_is_no_error(cast: Cast, monkeypatch: Any) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    invitation, _token = invite(cast, email="new@example.org")
    assert not services.mail_invitation(invitation=invitation, link="https://x.example")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_only_so_many_come_in() -> None:
    ann = make_user("ann")
    org = services.create_org(slug="acme", admin=ann)
    _invitation, token = services.create_invitation(
        org=org,
        role=Role.objects.get(key="member"),
        by=Actor.for_user(ann),
        max_uses=2,
        expires_at=clock.now() + timedelta(days=1),
    )
    racers = [make_user(f"racer-{number}") for number in range(5)]
    start = Barrier(len(racers))

    def race(user: User) -> str:
        try:
            start.wait(10)
            accept(token, user)
        except AppError as error:
            return error.code
        finally:
            connection.close()
        return "came in"

    with ThreadPoolExecutor(len(racers)) as pool:
        outcomes = sorted(pool.map(race, racers))
    assert outcomes == ["came in"] * 2 + ["invitation_used"] * 3
    assert Membership.objects.filter(org=org).count() == 3
