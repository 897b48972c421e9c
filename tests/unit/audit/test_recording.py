"""Every change of people, orgs, projects and runs leaves one entry, with before and after and without secrets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.db import connection, transaction

from apps.audit.models import AppendOnly, Entry
from apps.audit.services import LIST_LENGTH, TEXT_LENGTH, record
from apps.audit.subjects import OPERATIONS, Subject, nowhere
from apps.core import clock
from apps.orgs import services as orgs
from apps.orgs.actor import Actor
from apps.orgs.models import Membership, Role, Team
from apps.orgs.permissions import BuiltinRole
from apps.projects import services as projects
from apps.projects.models import ProjectGrant, ProjectUserObjectPermission
from apps.runs import services as runs
from tests.conftest import Cast
from tests.factories import make_run, make_user


def last() -> Entry:
    entry: Entry | None = Entry.objects.order_by("-pk").first()
    assert entry is not None
    return entry


def actions_since(number: int) -> list[str]:
    return list(Entry.objects.filter(pk__gt=number).order_by("pk").values_list("action", flat=True))


def test_a_membership_tells_who_became_what_where(cast: Cast) -> None:
    orgs.set_role(org=cast.acme, user=cast.sam, role=BuiltinRole.VIEWER)
    entry = last()
    assert (entry.action, entry.org_id, entry.door) == ("member.add", cast.acme.pk, "system")
    assert entry.changes["user"] == [None, "sam"]
    orgs.set_role(org=cast.acme, user=cast.sam, role=BuiltinRole.MEMBER)
    assert last().action == "member.change"
    assert last().changes == {"role": ["Viewer", "Member"]}
    orgs.remove_member(org=cast.acme, user=cast.sam)
    assert last().action == "member.remove"
    assert last().changes["role"] == ["Member", None]


def test_no_secret_is_kept(cast: Cast) -> None:
    key, secret = orgs.create_api_key(user=cast.ann, name="laptop")
    person = make_user("zoe", password="quite unguessable words")
    kept = str(list(Entry.objects.values()))
    for hidden in (secret, key.digest, person.password, "quite unguessable words"):
        assert hidden not in kept


def test_a_key_is_made_and_revoked(cast: Cast) -> None:
    key, _secret = orgs.create_api_key(user=cast.ann, name="laptop")
    assert (last().action, last().object_repr) == ("key.create", str(key))
    orgs.revoke_api_key(key=key)
    assert last().action == "key.revoke"


def test_deactivating_a_person(cast: Cast) -> None:
    orgs.set_active(user=cast.mel, is_active=False)
    assert (last().action, last().changes) == ("user.deactivate", {"is_active": [True, False]})
    orgs.set_active(user=cast.mel, is_active=True)
    assert last().action == "user.activate"


def test_what_is_not_audited_leaves_nothing(cast: Cast) -> None:
    before = last().pk
    orgs.update_user(user=cast.mel, theme="dark")
    assert actions_since(before) == []


def test_a_team_and_its_members_from_both_sides(cast: Cast) -> None:
    team = Team(org=cast.acme, slug="vision", title="Vision", name="acme/vision")
    team.save()
    assert (last().action, last().org_id) == ("team.create", cast.acme.pk)
    before = last().pk
    team.user_set.add(cast.mel)
    cast.vic.groups.add(team)
    team.user_set.remove(cast.mel)
    team.user_set.clear()
    cast.ann.groups.add(team)
    cast.ann.groups.clear()
    assert actions_since(before) == [
        "team.member_add",
        "team.member_add",
        "team.member_remove",
        "team.member_remove",
        "team.member_add",
        "team.member_remove",
    ]
    assert last().additional_data == {"user": "ann", "user_id": cast.ann.pk}


def test_a_role_and_its_permissions(cast: Cast) -> None:
    ann = Actor.for_user(cast.ann)
    before = last().pk
    role = orgs.create_role(org=cast.acme, name="Auditor", permissions=["audit.view"], by=ann)
    told = {"name": "Auditor", "description": ""}
    orgs.update_role(role=role, permissions=["audit.view", "org.view"], by=ann, **told)
    assert last().changes == {"permissions": [["audit.view"], ["audit.view", "org.view"]]}
    orgs.delete_role(role=role, by=ann)
    assert actions_since(before) == [
        "role.create",
        "role.permissions",
        "role.permissions",
        "role.delete",
    ]
    assert last().org_id == cast.acme.pk


def test_an_invitation_is_made_accepted_and_revoked(cast: Cast) -> None:
    before = last().pk
    invitation, token = orgs.create_invitation(
        org=cast.acme,
        role=Role.objects.get(key="viewer"),
        by=Actor.for_user(cast.ann),
        max_uses=2,
        expires_at=clock.now() + timedelta(days=1),
    )
    orgs.accept_invitation(digest=invitation.digest, user=cast.sam)
    orgs.revoke_invitation(invitation=invitation)
    assert actions_since(before) == [
        "invitation.create",
        "invitation.accept",
        "member.add",
        "invitation.revoke",
    ]
    assert token not in str(list(Entry.objects.values()))
    assert invitation.digest not in str(list(Entry.objects.values()))


def test_a_project_from_its_beginning_to_the_trash_and_back(cast: Cast) -> None:
    project = cast.mnist
    assert Entry.objects.filter(action="project.create", project_id=project.pk).exists()
    before = last().pk
    projects.update_project(project=project, description="Digits")
    assert last().changes == {"description": ["", "Digits"]}
    projects.delete_project(project=project)
    projects.delete_project(project=project)
    projects.restore_project(project=project)
    assert actions_since(before) == ["project.update", "project.delete", "project.restore"]
    assert last().org_id == cast.acme.pk


def test_grants_on_a_project(cast: Cast) -> None:
    before = last().pk
    grant = ProjectGrant.objects.create(project=cast.mnist, user=cast.sam, role_id="viewer")
    grant.delete()
    permission = Permission.objects.get(codename="project_view")
    ProjectUserObjectPermission.objects.create(
        content_object=cast.mnist, user=cast.sam, permission=permission
    )
    assert actions_since(before) == ["grant.add", "grant.remove", "share.add"]
    assert (last().org_id, last().project_id) == (cast.acme.pk, cast.mnist.pk)


def test_a_run_from_its_beginning_to_the_trash_and_back(cast: Cast) -> None:
    before = last().pk
    run = make_run(cast.mnist, cast.mel, short_id="r1", config={"lr": 0.1})
    runs.update_run(run=run, author_id=None, name="best", tags=["paper"], config={"lr": 0.2})
    runs.finish_run(run=run, exit_code=1)
    runs.finish_run(run=run, exit_code=0)
    runs.delete_run(run=run)
    runs.restore_run(run=run)
    assert actions_since(before) == [
        "run.create",
        "run.update",
        "run.update",
        "run.update",
        "run.fail",
        "run.delete",
        "run.restore",
    ]
    told = Entry.objects.filter(pk__gt=before, action="run.update").order_by("pk")
    assert [entry.changes for entry in told] == [
        {"name": [told[0].changes["name"][0], "best"]},
        {"tags": [[], ["paper"]]},
        None,
    ]
    # The values are in the config's own history.
    assert told[2].additional_data == {"config": ["lr"]}


def test_a_crash_and_a_late_message(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.mel, short_id="r1")
    type(run).objects.filter(pk=run.pk).update(heartbeat_at="2020-01-01T00:00:00Z")
    before = last().pk
    runs.mark_crashed_runs()
    runs.touch_run(run_id=run.pk, at=clock.now())
    assert actions_since(before) == ["run.crash", "run.resume"]


def test_heartbeats_and_steps_leave_nothing(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.mel, short_id="r1")
    before = last().pk
    runs.touch_run(run_id=run.pk, at=clock.now())
    runs.note_last_step(run_id=run.pk, find=lambda: 7)
    assert actions_since(before) == []


def test_an_entry_outlives_whom_it_is_about(cast: Cast) -> None:
    entry = record("user.look", cast.sam, actor=Actor.for_user(cast.sam))
    number = cast.sam.pk
    cast.sam.delete()
    entry.refresh_from_db()
    assert (entry.actor_id, entry.actor_name, entry.object_repr) == (number, "sam", "sam")


def test_entries_cannot_be_changed_or_deleted(cast: Cast) -> None:
    entry = last()
    entry.action = "nothing"
    for forbidden in (
        entry.save,
        entry.delete,
        lambda: Entry.objects.update(action="nothing"),
        lambda: Entry.objects.all().delete(),
        lambda: Entry.objects.bulk_update([entry], ["action"]),
    ):
        with pytest.raises(AppendOnly), transaction.atomic():
            forbidden()
    entry.refresh_from_db()
    assert entry.action != "nothing"


def test_odd_and_long_values_are_stored_safely(cast: Cast) -> None:
    record(
        "odd",
        changes={"a": (float("nan"), "x" * 10_000), "b": ({1, 2}, clock.now())},
        details={"list": list(range(1_000)), "nul": "a\0b"},
        name="n" * 1_000,
    )
    entry = last()
    assert len(entry.changes["a"][1]) == TEXT_LENGTH
    assert entry.changes["b"][0] == [1, 2]
    assert len(entry.additional_data["list"]) == LIST_LENGTH
    assert len(entry.object_repr) == 300


def test_a_refused_change_leaves_nothing(cast: Cast) -> None:
    before = last().pk
    with pytest.raises(Exception, match="taken"):
        orgs.create_org(slug="acme", admin=cast.ann)
    assert actions_since(before) == []


def test_codes_of_switches_and_values() -> None:
    subject = Subject(
        "thing",
        nowhere,
        nowhere,
        switches={"deleted_at": ("delete", "restore")},
        values={"state": {"done": "finish"}},
    )
    update = OPERATIONS.UPDATE
    assert subject.code_of(update, {"deleted_at": (None, "now")}) == "thing.delete"
    assert subject.code_of(update, {"deleted_at": ("now", None)}) == "thing.restore"
    assert subject.code_of(update, {"state": ("new", "done")}) == "thing.finish"
    assert subject.code_of(update, {"state": ("new", "odd")}) == "thing.update"
    assert subject.code_of(OPERATIONS.CREATE, {"deleted_at": (None, "now")}) == "thing.create"


def test_members_added_by_the_cast_are_there(cast: Cast) -> None:
    added = Entry.objects.filter(action="member.add", org_id=cast.acme.pk)
    assert added.count() == Membership.objects.filter(org=cast.acme).count()


def test_a_second_factor_leaves_its_secret_out(cast: Cast) -> None:
    factor = Authenticator.objects.create(
        user=cast.ann, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DP"}
    )
    assert (last().action, last().changes["user"]) == ("second_factor.create", [None, "ann"])
    factor.delete()
    assert last().action == "second_factor.delete"
    assert "JBSWY3DP" not in str(list(Entry.objects.values()))


def test_there_is_one_table_of_entries(db: None) -> None:
    assert "auditlog_logentry" not in connection.introspection.table_names()
