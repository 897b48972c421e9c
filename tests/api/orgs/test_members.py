"""REST under /orgs/{org}: members, teams, roles, invitations, service accounts, place and owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoAssertNumQueries as MaxQueries
from pytest_django import Settings

from apps.core import clock
from apps.orgs import services
from apps.orgs.actor import Actor
from apps.orgs.models import ApiKey, Invitation, Org, Role, User
from tests.api.rest import error_of, send
from tests.conftest import Cast
from tests.factories import make_user

AsUser = Callable[[User], Client]


def refused(response: Any) -> tuple[int, str]:
    return response.status_code, error_of(response)["code"]


def test_pages_hold_every_member_once(
    cast: Cast, as_user: AsUser, django_assert_max_num_queries: MaxQueries
) -> None:
    for number in range(5):
        services.set_role(org=cast.acme, user=make_user(f"user-{number}"), role="viewer")
    client, found, cursor = as_user(cast.vic), [], ""
    while cursor is not None:
        with django_assert_max_num_queries(7):
            page = send(client, "get", f"orgs/acme/members?limit=3&cursor={cursor}").json()
        found += [member["username"] for member in page["items"]]
        cursor = page["next"]
    assert found == ["ann", "mel", *(f"user-{number}" for number in range(5)), "vic"]
    (only,) = send(client, "get", "orgs/acme/members?q=ann&role=admin").json()["items"]
    assert (only["role"], only["is_owner"], only["teams"]) == ("admin", True, [])


def test_a_role_is_changed_and_refused(cast: Cast, as_user: AsUser) -> None:
    ann = as_user(cast.ann)
    changed = send(ann, "patch", "orgs/acme/members/mel", {"role": "viewer"})
    assert changed.json()["role"] == "viewer"
    assert refused(send(ann, "patch", "orgs/acme/members/ann", {"role": "viewer"})) == (
        409,
        "owner_stays",
    )
    unknown = send(ann, "patch", "orgs/acme/members/mel", {"role": "king"})
    assert refused(unknown) == (422, "invalid")
    stranger = send(ann, "patch", "orgs/acme/members/sam", {"role": "viewer"})
    assert refused(stranger) == (404, "member_not_found")


def test_one_leaves_by_oneself_and_removes_no_other(cast: Cast, as_user: AsUser) -> None:
    mel = as_user(cast.mel)
    assert refused(send(mel, "delete", "orgs/acme/members/vic")) == (403, "forbidden")
    assert send(mel, "delete", "orgs/acme/members/mel").status_code == 204
    assert send(mel, "get", "orgs/acme").status_code == 404


def test_a_team_by_rest(cast: Cast, as_user: AsUser) -> None:
    ann = as_user(cast.ann)
    made = send(ann, "post", "orgs/acme/teams", {"slug": "crew", "title": "Crew"})
    assert (made.status_code, made.json()["title"]) == (201, "Crew")
    again = send(ann, "post", "orgs/acme/teams", {"slug": "crew"})
    assert refused(again) == (409, "team_exists")
    assert send(ann, "put", "orgs/acme/teams/crew/members/mel").status_code == 204
    assert send(ann, "put", "orgs/acme/teams/crew/members/sam").status_code == 404
    listed = send(ann, "get", "orgs/acme/teams/crew/members").json()["items"]
    assert [member["username"] for member in listed] == ["mel"]
    assert send(ann, "delete", "orgs/acme/teams/crew").status_code == 204
    assert send(ann, "get", "orgs/acme/teams").json()["items"] == []


def test_a_role_by_rest(cast: Cast, as_user: AsUser) -> None:
    ann = as_user(cast.ann)
    body = {"name": "Reader", "permissions": ["org.view"]}
    made = send(ann, "post", "orgs/acme/roles", body).json()
    assert (made["org"], made["permissions"]) == ("acme", ["org.view"])
    changed = {"name": "Reader", "permissions": ["org.view", "run.view"]}
    path = f"orgs/acme/roles/{made['key']}"
    assert send(ann, "put", path, changed).json()["permissions"] == ["org.view", "run.view"]
    services.set_role(org=cast.acme, user=cast.vic, role=made["key"])
    assert refused(send(ann, "delete", path)) == (409, "role_in_use")
    assert refused(send(ann, "delete", "orgs/acme/roles/viewer")) == (404, "role_not_found")
    above = {"name": "Root", "permissions": ["account.manage"]}
    assert send(ann, "post", "orgs/acme/roles", above).status_code == 422


def test_an_invitation_by_rest(cast: Cast, as_user: AsUser, settings: Settings) -> None:
    ann, sam = as_user(cast.ann), as_user(cast.sam)
    soon = (clock.now() + timedelta(days=1)).isoformat()
    made = send(ann, "post", "orgs/acme/invitations", {"role": "viewer", "expires_at": soon})
    token = made.json()["link"].rsplit("/", 1)[1]
    assert "no-store" in made["Cache-Control"]
    (listed,) = send(ann, "get", "orgs/acme/invitations").json()["items"]
    assert "link" not in listed
    assert send(sam, "post", "invitations/accept", {"token": token}).status_code == 200
    assert refused(send(sam, "post", "invitations/accept", {"token": token})) == (
        410,
        "invitation_used",
    )
    assert send(sam, "get", "orgs/acme").json()["role"] == "viewer"
    settings.MAIL_IS_SENT = True
    body = {"role": "viewer", "expires_at": soon, "email": "new@example.org"}
    assert send(ann, "post", "orgs/acme/invitations", body).json()["link"] is None
    assert "/invite/" in mail.outbox[0].body
    open_one = Invitation.objects.open().get()
    assert send(ann, "delete", f"orgs/acme/invitations/{open_one.pk}").status_code == 204
    assert not Invitation.objects.open().exists()


def test_a_service_account_by_rest(cast: Cast, as_user: AsUser) -> None:
    ann = as_user(cast.ann)
    body = {"username": "robot", "role": "member"}
    assert send(ann, "post", "orgs/acme/service-accounts", body).status_code == 201
    made = send(ann, "post", "orgs/acme/service-accounts/robot/keys", {"name": "ci"})
    assert made.json()["scope"] == "write"
    robot = Client(headers={"Authorization": f"Bearer {made.json()['secret']}"})
    assert send(robot, "get", "auth/me").json()["org"] == "acme"
    assert send(robot, "post", "projects/acme/mnist/runs", {"id": "r1"}).status_code == 201
    closed = send(ann, "patch", "orgs/acme/service-accounts/robot", {"is_active": False})
    assert closed.json()["is_active"] is False
    assert send(robot, "get", "auth/me").status_code == 401
    person = send(ann, "get", "orgs/acme/service-accounts/mel")
    assert refused(person) == (404, "account_not_found")


@pytest.mark.parametrize("owner", ["mel", "ann"])
def test_keys_of_another_account_are_out_of_reach(cast: Cast, as_user: AsUser, owner: str) -> None:
    services.create_service_account(
        org=cast.acme,
        username="robot",
        role=Role.objects.get(key="viewer"),
        by=Actor.for_user(cast.ann),
    )
    key, _secret = services.create_api_key(user=User.objects.get(username=owner), name="k")
    path = f"orgs/acme/service-accounts/robot/keys/{key.pk}"
    assert refused(send(as_user(cast.ann), "delete", path)) == (404, "key_not_found")
    assert ApiKey.objects.get(pk=key.pk).revoked_at is None


def test_an_org_within_another(cast: Cast, as_user: AsUser) -> None:
    ann, mel = as_user(cast.ann), as_user(cast.mel)
    made = send(ann, "post", "orgs", {"slug": "lab", "parent": "acme"})
    assert (made.json()["parent"], made.json()["owner"]) == ("acme", "ann")
    assert refused(send(mel, "post", "orgs", {"slug": "x", "parent": "acme"})) == (403, "forbidden")
    assert send(mel, "get", "orgs/lab").json()["role"] == "member"
    assert refused(send(ann, "put", "orgs/acme/place", {"parent": "lab"})) == (409, "cycle")
    assert send(ann, "put", "orgs/lab/place", {"parent": None}).status_code == 204
    assert send(mel, "get", "orgs/lab").status_code == 404
    assert send(ann, "put", "orgs/acme/owner", {"username": "mel"}).status_code == 204
    assert Org.objects.get(slug="acme").owner == cast.mel
