"""Runs in Django's admin: all that is kept can be looked at, and changed through the services alone."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.runs import documents
from apps.runs.models import (
    ConfigChange,
    Fact,
    FactKey,
    Run,
    RunDocument,
    RunGroupObjectPermission,
    RunTag,
    RunUserObjectPermission,
)
from tests.conftest import Cast
from tests.factories import make_run, make_user


@pytest.fixture
def root(cast: Cast) -> Client:
    client = Client()
    client.force_login(make_user("root-user", is_admin=True))
    return client


@pytest.fixture
def run(cast: Cast) -> Run:
    run = make_run(cast.mnist, cast.ann, short_id="r1", name="old", tags=["t"], config={"x": 1})
    documents.update_summary(run_id=run.pk, set_values={"y": float("nan")})
    return run


def act(root: Client, action: str, run: Run) -> None:
    form = {"action": action, "_selected_action": [run.pk]}
    assert root.post(reverse("admin:runs_run_changelist"), form).status_code == 302
    run.refresh_from_db()


def test_every_model_but_facts_and_grants_has_an_admin() -> None:
    models = set(apps.get_app_config("runs").get_models())
    without = {model for model in models if not admin.site.is_registered(model)}
    assert without == {Fact, RunUserObjectPermission, RunGroupObjectPermission}


@pytest.mark.parametrize("model", [Run, RunDocument, ConfigChange, RunTag, FactKey])
def test_lists_and_rows_are_shown_and_found(root: Client, run: Run, model: type) -> None:
    name = model.__name__.lower()
    listed = root.get(reverse(f"admin:runs_{name}_changelist"), {"q": "r1"})
    assert listed.status_code == 200
    (row,) = model._default_manager.all()[:1]  # type: ignore[attr-defined]  # every model has one
    assert root.get(reverse(f"admin:runs_{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("trash", ["no", "yes"])
def test_runs_are_filtered_by_the_trash(root: Client, run: Run, trash: str) -> None:
    response = root.get(reverse("admin:runs_run_changelist"), {"trash": trash, "state": "running"})
    assert (b"r1" in response.content) == (trash == "no")


def test_a_run_is_changed_through_the_service(root: Client, run: Run) -> None:
    path = reverse("admin:runs_run_change", args=[run.pk])
    form = {"name": "new", "group": "g", "job_type": "", "notes": ""}
    assert root.post(path, form).status_code == 302
    run.refresh_from_db()
    assert (run.name, run.group, run.short_id) == ("new", "g", "r1")


def test_actions_end_delete_and_restore(root: Client, run: Run) -> None:
    act(root, "end_runs", run)
    assert run.state == "killed"
    act(root, "delete_runs", run)
    assert run.deleted_at is not None
    assert not Fact.objects.exists()
    act(root, "restore_runs", run)
    assert run.deleted_at is None
    assert Fact.objects.exists()


@pytest.mark.parametrize("action", ["add", "delete"])
def test_nothing_is_added_or_deleted_for_good(root: Client, run: Run, action: str) -> None:
    arguments = [] if action == "add" else [run.pk]
    path = reverse(f"admin:runs_run_{action}", args=arguments)
    assert root.post(path, {"post": "yes"}).status_code == 403
    assert Run.objects.filter(pk=run.pk).exists()
