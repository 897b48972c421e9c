"""Erasing a person leaves their work in shared organisations, and nothing that says who they were."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from apps.audit.models import Entry
from apps.core.errors import AppError
from apps.orgs import services as org_services
from apps.orgs.actor import Actor
from apps.orgs.models import ApiKey, Membership, Org, User
from apps.orgs.permissions import BuiltinRole
from apps.projects import erasure, personal_data
from apps.projects.models import Project, ProjectGrant
from apps.runs import facts
from apps.runs import services as run_services
from apps.runs.models import Fact, Run, RunDocument
from tests.conftest import Cast
from tests.factories import make_project, make_run, make_user

ENVIRONMENT = {"host": "mels-laptop", "user": "mel.secret", "cwd": "/home/mel.secret", "cpu": "x"}


@pytest.fixture
def boss(db: None) -> User:
    return make_user("boss", is_admin=True)


def erase(user: User, by: User, heir: Org | None = None, *, is_scrubbed: bool = True) -> None:
    erasure.erase_person(user=user, actor=Actor.for_user(by), heir=heir, is_scrubbed=is_scrubbed)


def whole_database() -> str:
    """Return every text of every table but the audit log and the log of migrations."""
    texts = []
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in tables:
            if table.startswith(("audit_", "django_migrations")):
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            texts += [f"{table} {row}" for row in cursor.fetchall()]
    return "\n".join(texts)


def test_no_table_names_them_any_more(cast: Cast, boss: User) -> None:
    mel = make_user("melanie-q", email="melanie.q@example.org", name="Melanie Quux")
    Membership.objects.create(org=cast.acme, user=mel, role_id=BuiltinRole.MEMBER)
    EmailAddress.objects.create(user=mel, email=mel.email, primary=True)
    org_services.create_api_key(user=mel, name="laptop")
    ProjectGrant.objects.create(project=cast.mnist, user=mel, role_id=BuiltinRole.MEMBER)
    wrong = {"username": "melanie-q", "password": "not hers at all"}
    Client().post("/api/v1/auth/login", wrong, content_type="application/json")
    client = Client()
    client.force_login(mel)
    run = run_services.finish_run(run=make_run(cast.mnist, mel, environment=ENVIRONMENT))
    make_project(org_services.find_personal_org(mel), "own", mel)  # type: ignore[arg-type]
    facts.index_run(run.pk)
    assert "melanie" in whole_database()

    erase(mel, boss)
    facts.index_run(run.pk)
    left = whole_database().lower()
    for trace in ("melanie", "quux", "mels-laptop", "mel.secret"):
        assert [line for line in left.splitlines() if trace in line] == []

    mel.refresh_from_db()
    assert (mel.username, mel.is_active, mel.has_usable_password()) == (
        f"erased-{mel.pk}",
        False,
        False,
    )
    run.refresh_from_db()
    assert (run.created_by, run.deleted_at) == (mel, None)
    assert client.get("/settings/profile").status_code == 302
    assert not ApiKey.objects.filter(user=mel).exists()
    assert not Membership.objects.filter(user=mel).exists()


def test_names_in_runs_stay_where_that_is_chosen(cast: Cast, boss: User) -> None:
    mine = make_run(cast.mnist, cast.mel, environment=ENVIRONMENT)
    others = make_run(cast.mnist, cast.ann, environment=ENVIRONMENT)
    erase(cast.mel, boss, is_scrubbed=False)
    assert RunDocument.objects.get(run=mine).environment == ENVIRONMENT
    assert RunDocument.objects.get(run=others).environment == ENVIRONMENT


def test_scrubbing_touches_only_their_runs_and_their_facts(cast: Cast, boss: User) -> None:
    mine = make_run(cast.mnist, cast.mel, environment=ENVIRONMENT)
    others = make_run(cast.mnist, cast.ann, environment=ENVIRONMENT)
    erase(cast.mel, boss)
    RunDocument.objects.update(is_stale=True)
    for run in (mine, others):
        Run.objects.filter(pk=run.pk).update(state="finished")
        facts.index_run(run.pk)
    assert RunDocument.objects.get(run=mine).environment == {"cpu": "x"}
    assert RunDocument.objects.get(run=others).environment == ENVIRONMENT
    texts = Fact.objects.filter(text="mels-laptop").values_list("run_id", flat=True)
    assert list(texts) == [others.pk]


def test_their_own_projects_go_to_an_heir_or_to_the_trash(cast: Cast, boss: User) -> None:
    own = org_services.find_personal_org(cast.mel)
    assert own is not None
    kept = make_project(own, "kept", cast.mel)
    erase(cast.mel, boss, cast.acme)
    kept.refresh_from_db()
    assert (str(kept), kept.deleted_at) == ("acme/kept", None)
    own = org_services.find_personal_org(cast.vic)
    assert own is not None
    gone = make_project(own, "gone", cast.vic)
    erase(cast.vic, boss)
    gone.refresh_from_db()
    assert gone.deleted_at is not None


def test_a_project_of_the_same_name_stops_it_whole(cast: Cast, boss: User) -> None:
    own = org_services.find_personal_org(cast.mel)
    assert own is not None
    make_project(own, "a", cast.mel)
    make_project(own, "mnist", cast.mel)
    with pytest.raises(AppError) as refused:
        erase(cast.mel, boss, cast.acme)
    assert refused.value.code == "project_exists"
    assert Project.objects.filter(org=own).count() == 2
    assert User.objects.filter(username="mel", is_active=True).exists()


def test_who_is_needed_is_not_erased(cast: Cast, boss: User) -> None:
    def code(user: User, by: User) -> str:
        with pytest.raises(AppError) as refused:
            erase(user, by)
        return refused.value.code

    assert code(cast.ann, boss) == "sole_owner"
    assert code(boss, cast.ann) == "last_administrator"
    other = make_user("other-boss", is_admin=True)
    assert code(other, other) == "forbidden"
    erase(cast.sam, boss)
    cast.sam.refresh_from_db()
    assert code(cast.sam, boss) == "no_person"
    # With another owner and admin, ann may go.
    Membership.objects.filter(org=cast.acme, user=cast.mel).update(role=BuiltinRole.ADMIN)
    Org.objects.filter(pk=cast.acme.pk).update(owner=cast.mel)
    erase(cast.ann, boss)


def test_the_plan_changes_nothing(cast: Cast) -> None:
    org_services.create_api_key(user=cast.ann, name="k")
    before = whole_database()
    plan = erasure.plan(cast.ann)
    assert "acme" in plan.obstacles[0]
    assert sum(plan.rows.values()) >= 3
    assert whole_database() == before


def test_it_is_audited_without_the_old_name(cast: Cast, boss: User) -> None:
    erase(cast.mel, boss)
    entry = Entry.objects.get(action="user.erase")
    assert (entry.actor_id, entry.object_pk) == (boss.pk, str(cast.mel.pk))
    assert "mel" not in entry.object_repr


def read(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def test_an_export_holds_everything_of_them_and_nothing_of_others(cast: Cast) -> None:
    key, secret = org_services.create_api_key(user=cast.mel, name="laptop")
    run = make_run(cast.mnist, cast.mel, config={"lr": 0.1}, notes="mine", tags=["t"])
    make_run(cast.mnist, cast.ann, notes="of ann")
    file = BytesIO()
    personal_data.write_export(user=cast.mel, actor=Actor.for_user(cast.mel), file=file)
    found = read(file.getvalue())
    assert found["profile.json"][0]["email"] == "mel@example.org"
    assert [row["uid"] for row in found["runs.json"]] == [run.uid]
    assert found["runs.json"][0]["config"] == {"lr": 0.1}
    assert (found["runs.json"][0]["notes"], found["runs.json"][0]["tags"]) == ("mine", ["t"])
    roles = {row["org"]: row["role"] for row in found["memberships.json"]}
    assert roles == {"mel": "Admin", "acme": "Member"}
    assert found["api_keys.json"][0]["prefix"] == key.prefix
    text = json.dumps(found)
    assert secret not in text
    assert key.digest not in text
    assert cast.mel.password not in text
    assert "of ann" not in text
    assert Entry.objects.filter(action="user.export").exists()


def test_empty_sections_are_empty_lists(cast: Cast) -> None:
    file = BytesIO()
    personal_data.write_export(user=cast.sam, actor=Actor.for_user(cast.sam), file=file)
    assert read(file.getvalue())["runs.json"] == []


def test_commands(
    cast: Cast, boss: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mel.zip"
    call_command("exportuser", "mel", str(path))
    assert read(path.read_bytes())["profile.json"][0]["username"] == "mel"
    own = org_services.find_personal_org(cast.mel)
    assert own is not None
    make_project(own, "own", cast.mel)
    call_command("eraseuser", "mel")
    assert "own project: mel/own" in capsys.readouterr().out
    assert User.objects.filter(username="mel").exists()
    with pytest.raises(CommandError, match="--projects-to"):
        call_command("eraseuser", "mel", "--yes")
    with pytest.raises(CommandError, match="no organisation"):
        call_command("eraseuser", "mel", "--yes", "--projects-to", "nowhere")
    call_command("eraseuser", "mel", "--yes", "--projects-to", "acme", "--scrub")
    assert not User.objects.filter(username="mel").exists()
    with pytest.raises(CommandError, match="nobody"):
        call_command("exportuser", "mel", str(path))
