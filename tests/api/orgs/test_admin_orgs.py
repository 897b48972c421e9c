"""Organisations, members, teams, roles and invitations in Django's admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core import clock
from apps.orgs import services
from apps.orgs.actor import Actor
from apps.orgs.members import belongs
from apps.orgs.models import Invitation, Membership, Role, Team
from tests.conftest import Cast
from tests.factories import make_user


@pytest.fixture
def root(cast: Cast) -> Client:
    client = Client()
    client.force_login(make_user("root-user", is_admin=True))
    return client


@pytest.fixture
def invitation(cast: Cast) -> Invitation:
    made, _token = services.create_invitation(
        org=cast.acme,
        role=Role.objects.get(key="viewer"),
        by=Actor.for_user(cast.ann),
        expires_at=clock.now() + timedelta(days=1),
    )
    return made


def act(root: Client, model: str, action: str, *rows: Any) -> Any:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return root.post(reverse(f"admin:orgs_{model}_changelist"), chosen, follow=True)


def test_members_are_removed_but_not_the_owner(cast: Cast, root: Client) -> None:
    rows = Membership.objects.filter(org=cast.acme, user__in=[cast.ann, cast.mel])
    page = act(root, "membership", "remove", *rows)
    assert "Hand it over first." in page.content.decode()
    assert belongs(cast.ann, cast.acme)
    assert not belongs(cast.mel, cast.acme)


def test_the_members_of_an_org_keep_its_owner(cast: Cast, root: Client) -> None:
    path = reverse("admin:orgs_org_change", args=[cast.acme.pk])
    row = Membership.objects.get(org=cast.acme, user=cast.ann)
    form = {
        "name": "Acme",
        "description": "",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": row.pk,
        "memberships-0-org": cast.acme.pk,
        "memberships-0-user": cast.ann.pk,
        "memberships-0-role": "viewer",
        "teams-TOTAL_FORMS": 0,
        "teams-INITIAL_FORMS": 0,
    }
    page = root.post(path, form, follow=True)
    assert "Hand it over first." in page.content.decode()
    row.refresh_from_db()
    assert row.role_id == "admin"


def test_teams_are_deleted_through_the_service(cast: Cast, root: Client) -> None:
    team = services.create_team(org=cast.acme, slug="t")
    services.join_team(team=team, user=cast.mel)
    page = root.get(reverse("admin:orgs_team_change", args=[team.pk]))
    assert "mel" in page.content.decode()
    act(root, "team", "delete_teams", team)
    assert not Team.objects.exists()


def test_invitations_are_found_by_state_and_revoked(
    cast: Cast, root: Client, invitation: Invitation
) -> None:
    path = reverse("admin:orgs_invitation_changelist")
    row = reverse("admin:orgs_invitation_change", args=[invitation.pk])
    assert row in root.get(f"{path}?state=open").content.decode()
    act(root, "invitation", "revoke", invitation)
    invitation.refresh_from_db()
    assert invitation.revoked_at is not None
    assert row not in root.get(f"{path}?state=open").content.decode()
    assert row in root.get(f"{path}?state=ended").content.decode()
    assert invitation.digest not in root.get(row).content.decode()


def test_roles_are_shown_and_not_edited(cast: Cast, root: Client) -> None:
    page = root.get(reverse("admin:orgs_role_change", args=["viewer"]))
    assert "run.view" in page.content.decode()
    assert root.post(reverse("admin:orgs_role_change", args=["viewer"]), {}).status_code == 403
    assert root.get(reverse("admin:orgs_role_add")).status_code == 403


def test_machines_are_told_from_people(cast: Cast, root: Client) -> None:
    services.create_service_account(
        org=cast.acme,
        username="robot",
        role=Role.objects.get(key="viewer"),
        by=Actor.for_user(cast.ann),
    )
    path = reverse("admin:orgs_user_changelist")
    machines = root.get(f"{path}?kind=service").content.decode()
    people = root.get(f"{path}?kind=person").content.decode()
    assert ("robot" in machines, "mel@" in machines) == (True, False)
    assert ("mel@" in people, ">robot<" in people) == (True, False)


def test_rows_are_exported_as_a_table_without_formulas(cast: Cast, root: Client) -> None:
    cast.acme.name = "=1+1"
    cast.acme.save()
    answer = act(root, "org", "export_csv", cast.acme)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="org.csv"'
    head, row = answer.content.decode().splitlines()
    assert head == "slug,name,parent,owner,is_personal,member_count,created_at"
    assert row.startswith("acme,'=1+1,,ann,False,3,")
    people = act(root, "membership", "export_csv", *Membership.objects.filter(user=cast.ann))
    assert "ann,acme,Admin," in people.content.decode()
