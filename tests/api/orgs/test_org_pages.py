"""The pages of organisations: members, teams, roles, invitations, service accounts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.core import clock
from apps.orgs import services
from apps.orgs.actor import Actor
from apps.orgs.members import belongs
from apps.orgs.models import ApiKey, Invitation, Membership, Org, Role, Team, User
from tests.conftest import Cast
from tests.factories import PASSWORD, make_user


def as_browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def text_of(response: Any) -> str:
    """The words of a page, blanks put together."""
    return " ".join(response.content.decode().split())


def invite(cast: Cast, **overrides: Any) -> str:
    """Make an invitation and return its link's path."""
    values: dict[str, Any] = {
        "org": cast.acme,
        "role": Role.objects.get(key="viewer"),
        "by": Actor.for_user(cast.ann),
        "expires_at": clock.now() + timedelta(days=1),
        **overrides,
    }
    return f"/invite/{services.create_invitation(**values)[1]}"


# --- The org -----------------------------------------------------------------------------------
def test_the_org_shows_its_projects_and_children(cast: Cast) -> None:
    services.create_org(slug="lab", name="The Lab", admin=cast.ann, parent=cast.acme)
    html = text_of(as_browser(cast.vic).get("/acme"))
    assert "/acme/mnist" in html
    assert "The Lab" in html
    assert "/projects/new" not in html
    html = text_of(as_browser(cast.ann).get("/lab"))
    assert '<a href="/acme">acme</a>' in html


def test_guests_of_a_public_project_see_only_it(cast: Cast) -> None:
    cast.mnist.visibility = "public"
    cast.mnist.save()
    html = text_of(as_browser(cast.sam).get("/acme"))
    assert "/acme/mnist" in html
    assert "/orgs/acme/members" not in html


def test_a_person_makes_an_org_within_theirs(cast: Cast) -> None:
    body = {"slug": "lab", "name": "Lab", "parent": "acme"}
    assert as_browser(cast.ann).post("/orgs/new", body)["Location"] == "/orgs/lab/members"
    assert Org.objects.get(slug="lab").parent == cast.acme
    refused = as_browser(cast.mel).post("/orgs/new", {**body, "slug": "lab-2"})
    assert refused.status_code == 422
    assert not Org.objects.filter(slug="lab-2").exists()


def test_settings_move_and_hand_over_only_when_confirmed(cast: Cast) -> None:
    top = services.create_org(slug="top", admin=cast.ann)
    client = as_browser(cast.ann)
    assert client.post("/orgs/acme/move", {"parent": "top"}).status_code == 302
    assert Org.objects.get(slug="acme").parent == top
    wrong = client.post("/orgs/acme/transfer", {"owner": "mel", "confirm": "acm"})
    assert wrong.status_code == 422
    assert Org.objects.get(slug="acme").owner == cast.ann
    assert (
        client.post("/orgs/acme/transfer", {"owner": "mel", "confirm": "acme"}).status_code == 302
    )
    assert Org.objects.get(slug="acme").owner == cast.mel
    refused = client.post("/orgs/acme/transfer", {"owner": "ann", "confirm": "acme"})
    assert refused.status_code == 422
    assert "Only the owner" in text_of(refused)


# --- Members -----------------------------------------------------------------------------------
def test_members_are_listed_and_found(cast: Cast) -> None:
    client = as_browser(cast.ann)
    with CaptureQueriesContext(connection) as for_three:
        client.get("/orgs/acme/members")
    for number in range(20):
        services.set_role(org=cast.acme, user=make_user(f"user-{number}"), role="viewer")
    with CaptureQueriesContext(connection) as for_many:
        html = text_of(client.get("/orgs/acme/members"))
    assert len(for_many) <= len(for_three)
    assert "23 people" in html
    assert "user-19@example.org" in html
    assert "ann@example.org, owner" in html
    found = text_of(client.get("/orgs/acme/members?q=user-7"))
    assert "user-7@example.org" in found
    assert "user-8@example.org" not in found


def test_only_managers_get_the_buttons(cast: Cast) -> None:
    html = text_of(as_browser(cast.vic).get("/orgs/acme/members"))
    assert "/mel/role" not in html
    assert "/mel/remove" not in html
    assert 'action="/orgs/acme/leave"' in html
    assert "/orgs/acme/invitations" not in html


def test_a_role_is_changed_in_place(cast: Cast) -> None:
    client = as_browser(cast.ann)
    page = client.post("/orgs/acme/members/mel/role", {"role": "viewer"}, follow=True)
    assert "mel is Viewer now" in text_of(page)
    page = client.post("/orgs/acme/members/ann/role", {"role": "viewer"}, follow=True)
    assert "Hand it over first." in text_of(page)
    assert Membership.objects.get(org=cast.acme, user=cast.ann).role_id == "admin"


def test_leaving_and_removing(cast: Cast) -> None:
    assert as_browser(cast.mel).post("/orgs/acme/leave")["Location"] == "/"
    assert not belongs(cast.mel, cast.acme)
    as_browser(cast.ann).post("/orgs/acme/members/vic/remove")
    assert not belongs(cast.vic, cast.acme)
    page = as_browser(cast.ann).post("/orgs/acme/leave", follow=True)
    assert "Hand it over first." in text_of(page)


# --- Teams -------------------------------------------------------------------------------------
def test_a_team_is_made_filled_and_deleted(cast: Cast) -> None:
    client = as_browser(cast.ann)
    assert client.post("/orgs/acme/teams", {"slug": "t", "title": "Crew"})["Location"] == (
        "/orgs/acme/teams/t"
    )
    client.post("/orgs/acme/teams/t/join", {"username": "mel"})
    page = client.post("/orgs/acme/teams/t/join", {"username": "sam"}, follow=True)
    assert "sam is no member of acme." in text_of(page)
    assert list(Team.objects.get(slug="t").user_set.all()) == [cast.mel]
    assert "Crew" in text_of(client.get("/orgs/acme/members"))
    client.post("/orgs/acme/teams/t/leave/mel")
    assert not Team.objects.get(slug="t").user_set.exists()
    client.post("/orgs/acme/teams/t/delete")
    assert not Team.objects.exists()


# --- Roles -------------------------------------------------------------------------------------
def test_a_role_is_built_from_permissions(cast: Cast) -> None:
    client = as_browser(cast.ann)
    body = {"name": "Reviewer", "permissions": ["org.view", "run.delete"]}
    assert client.post("/orgs/acme/roles/new", body).status_code == 302
    role = Role.objects.get(name="Reviewer")
    assert role.perms == {"org.view", "run.delete"}
    page = text_of(client.get(f"/orgs/acme/roles/{role.pk}"))
    assert "Delete runs" in page
    services.set_role(org=cast.acme, user=cast.vic, role=role.pk)
    refused = client.post(f"/orgs/acme/roles/{role.pk}/delete", follow=True)
    assert "is in use: vic" in text_of(refused)
    assert client.get("/orgs/acme/roles/admin").status_code == 404


# --- Invitations -------------------------------------------------------------------------------
def test_a_link_is_shown_once(cast: Cast) -> None:
    client = as_browser(cast.ann)
    made = client.post("/orgs/acme/invitations", {"role": "member", "days": "7", "max_uses": "10"})
    link = re.search(r"http://testserver(/invite/[\w-]+)", made.content.decode())
    assert link is not None
    assert "no-store" in made["Cache-Control"]
    assert link[1] not in text_of(client.get("/orgs/acme/invitations"))
    assert as_browser(cast.sam).post(link[1])["Location"] == "/acme"
    assert Membership.objects.get(org=cast.acme, user=cast.sam).role_id == "member"
    assert "1 of 10" in text_of(client.get("/orgs/acme/invitations"))


def test_one_by_mail_is_mailed_where_mail_is_sent(cast: Cast, settings: Settings) -> None:
    client = as_browser(cast.ann)
    body = {"role": "member", "days": "7", "max_uses": "", "email": "new@example.org"}
    settings.MAIL_IS_SENT = True
    page = client.post("/orgs/acme/invitations", body)
    assert "The invitation is sent to new@example.org" in text_of(page)
    assert "/invite/" not in text_of(page)
    assert "http://testserver/invite/" in mail.outbox[0].body
    settings.MAIL_IS_SENT = False
    assert "/invite/" in text_of(client.post("/orgs/acme/invitations", body))
    assert len(mail.outbox) == 1


SIGN_UP = {"username": "newbie", "email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}  # fmt: skip


@pytest.mark.parametrize("is_open", [False, True])
def test_an_invitation_opens_the_sign_up(cast: Cast, settings: Settings, *, is_open: bool) -> None:
    settings.SIGNUP_OPEN = is_open
    client = as_browser(None)
    page = text_of(client.get(invite(cast)))
    assert "ann invites you as Viewer." in page
    assert "/accounts/signup/?next=/acme" in page
    response = client.post("/accounts/signup/", {**SIGN_UP, "next": "/acme"})
    assert response["Location"] == "/acme"
    user = User.objects.get(username="newbie")
    assert Membership.objects.get(org=cast.acme, user=user).role_id == "viewer"
    assert client.get("/acme/mnist").status_code == 200
    assert Org.objects.filter(slug="newbie", is_personal=True).exists()


def test_without_an_invitation_the_sign_up_stays_closed(cast: Cast, settings: Settings) -> None:
    settings.SIGNUP_OPEN = False
    link = invite(cast)
    as_browser(None).get(link)  # Another visitor's.
    client = as_browser(None)
    client.post("/accounts/signup/", SIGN_UP)
    assert not User.objects.filter(username="newbie").exists()
    client.get(link)
    Invitation.objects.update(revoked_at=clock.now())
    client.post("/accounts/signup/", SIGN_UP)
    assert not User.objects.filter(username="newbie").exists()


def test_an_invitation_for_another_address_makes_no_account(cast: Cast, settings: Settings) -> None:
    settings.SIGNUP_OPEN = False
    client = as_browser(None)
    page = text_of(client.get(invite(cast, email="else@example.org")))
    assert "signup/?email=else%40example.org" in page
    response = client.post("/accounts/signup/", SIGN_UP)
    assert "The invitation is for another e-mail address." in text_of(response)
    assert not User.objects.filter(username="newbie").exists()


def test_one_use_makes_one_account(cast: Cast, settings: Settings) -> None:
    settings.SIGNUP_OPEN = False
    link = invite(cast)
    first, second = as_browser(None), as_browser(None)
    first.get(link)
    second.get(link)
    first.post("/accounts/signup/", SIGN_UP)
    second.post("/accounts/signup/", {**SIGN_UP, "username": "two", "email": "two@example.org"})
    assert not User.objects.filter(username="two").exists()


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"revoked_at": clock.now()}, 410, "This invitation was revoked."),
        ({"expires_at": clock.now()}, 410, "This invitation has expired."),
        ({"use_count": 1}, 410, "This invitation has been used already."),
        ({"digest": "0" * 64}, 404, "This invitation does not exist."),
        ({"email": "else@example.org"}, 403, "for another e-mail address than yours"),
    ],
)
def test_what_cannot_be_accepted_says_why_in_a_sentence(
    cast: Cast, change: dict[str, Any], status: int, sentence: str
) -> None:
    link = invite(cast)
    Invitation.objects.update(**change)
    response = as_browser(cast.sam).post(link)
    assert response.status_code == status
    assert sentence in text_of(response)
    assert not belongs(cast.sam, cast.acme)


def test_nobody_accepts_without_signing_in(cast: Cast) -> None:
    assert as_browser(None).post(invite(cast))["Location"].startswith("/accounts/login/")


# --- Service accounts --------------------------------------------------------------------------
def test_a_machine_gets_a_key_that_is_shown_once(cast: Cast) -> None:
    client = as_browser(cast.ann)
    made = client.post("/orgs/acme/service-accounts", {"username": "robot", "role": "member"})
    page = made["Location"]
    assert page == "/orgs/acme/service-accounts/robot"
    answer = client.post(page, {"name": "ci", "scope": "write", "days": "30"})
    secret = re.search(r'<code id="new-key">(\w{40})</code>', answer.content.decode())
    assert secret is not None
    assert secret[1] not in text_of(client.get(page))
    key = ApiKey.objects.find(secret[1])
    assert key is not None
    machine = Client(headers={"Authorization": f"Bearer {secret[1]}"})
    assert machine.get("/api/v1/projects/acme/mnist").status_code == 200
    assert "service account" in text_of(client.get("/orgs/acme/members"))
    client.post(f"{page}/keys/{key.pk}/revoke")
    assert ApiKey.objects.find(secret[1]) is None
    client.post(f"{page}/active", {"is_active": "false"})
    assert not User.objects.get(username="robot").is_active
