"""Whichever door a change comes through, its entry says which, who came, and from where."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from celery import shared_task
from django.conf import settings as django_settings
from django.test import Client, RequestFactory
from pytest_django import Settings

from apps.audit import floods, origin
from apps.audit.models import Entry
from apps.audit.origin import Door, Origin
from apps.audit.services import record
from apps.orgs.models import User
from tests.conftest import Cast
from tests.factories import PASSWORD, make_user

AsUser = Callable[[User], Client]
REST = "/api/v1/projects/acme/mnist"


def last(action: str) -> Entry:
    entry: Entry | None = Entry.objects.filter(action=action).order_by("-pk").first()
    assert entry is not None
    return entry


def signed_in(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    client.force_login(user)
    return client


def test_rest_with_a_key(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.ann)
    client.patch(
        REST, {"description": "d"}, "application/json", headers={"User-Agent": "wanllm/0.1"}
    )
    entry = last("project.update")
    assert (entry.door, entry.actor_name, entry.actor_id) == ("rest", "ann", cast.ann.pk)
    assert entry.key_id == cast.ann.api_keys.get().pk
    assert (entry.remote_addr, entry.client) == ("127.0.0.1", "wanllm/0.1")


def test_rest_with_a_session(cast: Cast) -> None:
    signed_in(cast.ann).patch(REST, {"description": "d"}, "application/json")
    entry = last("project.update")
    assert (entry.door, entry.actor_name, entry.key_id) == ("rest", "ann", None)


def test_a_page(cast: Cast) -> None:
    form = {"slug": "mnist", "visibility": "public"}
    signed_in(cast.mel).post("/acme/mnist/settings", form)
    entry = last("project.update")
    assert (entry.door, entry.actor_name) == ("page", "mel")
    assert entry.changes == {"visibility": ["private", "public"]}


def test_the_admin(cast: Cast) -> None:
    root = make_user("boss", is_admin=True)
    form = {"action": "delete_projects", "_selected_action": [cast.mnist.pk]}
    signed_in(root).post("/admin/projects/project/", form)
    entry = last("project.delete")
    assert (entry.door, entry.actor_name) == ("admin", "boss")


def test_a_proxy_is_believed_only_where_there_is_one(cast: Cast, settings: Settings) -> None:
    client = signed_in(cast.ann, **{"X-Forwarded-For": "10.0.0.1, 192.0.2.7"})
    client.patch(REST, {"description": "one"}, "application/json")
    assert last("project.update").remote_addr == "127.0.0.1"
    settings.BEHIND_PROXY = True
    client.patch(REST, {"description": "two"}, "application/json")
    assert last("project.update").remote_addr == "192.0.2.7"


def test_an_address_that_is_none_is_left_out(cast: Cast) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="a socket")
    with origin.entered(request):
        assert record("look").remote_addr is None


def test_one_request_does_not_speak_for_the_next(cast: Cast, as_user: AsUser) -> None:
    as_user(cast.ann).patch(REST, {"description": "d"}, "application/json")
    assert (record("look").door, record("look").actor_id) == ("system", None)


def test_threads_and_tasks_of_an_event_loop_are_kept_apart() -> None:
    async def act(username: str) -> tuple[str, str]:
        with origin.entered(Origin(door=Door.PAGE, username=username)):
            await asyncio.sleep(0)
            inside = await sync_to_async(origin.current)()
            return username, inside.username

    async def all_at_once() -> list[tuple[str, str]]:
        return await asyncio.gather(*(act(name) for name in ("ann", "mel", "vic")))

    assert asyncio.run(all_at_once()) == [("ann", "ann"), ("mel", "mel"), ("vic", "vic")]
    assert origin.current() == Origin()


@shared_task
def look() -> None:
    record("look")


def test_a_task_tells_who_had_it_done(cast: Cast) -> None:
    with origin.entered(Origin(door=Door.REST, user_id=cast.ann.pk, username="ann", key_id=3)):
        look.delay()
        assert record("after").door == "rest"
    entry = last("look")
    assert (entry.door, entry.actor_name, entry.key_id) == ("task", "ann", 3)
    assert entry.client.endswith("look")
    look.delay()
    assert (last("look").door, last("look").actor_id) == ("task", None)


def test_signing_in_and_out(cast: Cast) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "ann", "password": "wrong"})
    assert (last("sign_in_failed").object_repr, last("sign_in_failed").actor_id) == ("ann", None)
    client.post("/accounts/login/", {"login": "ann", "password": PASSWORD})
    assert (last("sign_in").actor_name, last("sign_in").door) == ("ann", "page")
    client.post("/accounts/logout/")
    assert last("sign_out").actor_name == "ann"


def test_signing_in_by_rest(cast: Cast) -> None:
    client = Client()
    body = {"username": "ann", "password": "wrong"}
    client.post("/api/v1/auth/login", body, "application/json")
    assert last("sign_in_failed").door == "rest"
    client.post("/api/v1/auth/login", {**body, "password": PASSWORD}, "application/json")
    assert (last("sign_in").actor_name, last("sign_in").door) == ("ann", "rest")


def test_a_new_password(cast: Cast) -> None:
    form = {"oldpassword": PASSWORD, "password1": "an unusual one", "password2": "an unusual one"}
    signed_in(cast.ann).post("/accounts/password/change/", form)
    assert last("user.password_change").actor_name == "ann"


def test_guessing_passwords_does_not_fill_the_disk(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.audit.floods.PER_MINUTE", 2)
    with origin.entered(Origin(address="192.0.2.7")):
        told = [floods.is_worth_recording("sign_in_failed") for _attempt in range(10)]
    assert told.count(True) in {2, 4}  # two minutes may meet
    assert Entry.objects.filter(action="flood").exists()


@pytest.mark.django_db
def test_a_command(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "WANLLMDB_DATA_DIR": str(tmp_path)}

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=django_settings.BASE_DIR, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    manage("migrate", "-v0")
    manage("adduser", "ann")
    shown = manage(
        "shell",
        "-v0",
        "-c",
        "from apps.audit.models import Entry; e = Entry.objects.get(action='user.create');"
        "print(e.door, e.client)",
    )
    assert shown.split() == ["command", "manage.py", "adduser"]
