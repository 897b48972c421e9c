"""What is refused and what is taken away as a file is in the log, and neither tells nor slows anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.audit.models import Entry
from apps.orgs.models import User
from tests.conftest import Cast
from tests.factories import make_run

AsUser = Callable[[User], Client]
PROJECT = "/api/v1/projects/acme/mnist"


def denied() -> list[Entry]:
    return list(Entry.objects.filter(action="denied").order_by("pk"))


def test_a_viewer_who_wants_to_change(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.vic)
    assert client.patch(PROJECT, {"description": "d"}, "application/json").status_code == 403
    (entry,) = denied()
    assert (entry.actor_name, entry.door, entry.object_repr) == ("vic", "rest", "acme/mnist")
    assert (entry.org_id, entry.project_id) == (cast.acme.pk, cast.mnist.pk)
    assert entry.key_id == cast.vic.api_keys.get().pk
    assert entry.additional_data == {"method": "PATCH", "path": PROJECT, "status": 403}


@pytest.mark.parametrize(
    ("path", "about"),
    [
        ("/api/v1/orgs/acme", "acme"),
        (PROJECT, "acme/mnist"),
        (f"{PROJECT}/runs", "acme/mnist"),
        (f"{PROJECT}/runs/r1", "run"),
    ],
)
def test_a_stranger_at_what_is_there(cast: Cast, as_user: AsUser, path: str, about: str) -> None:
    run = make_run(cast.mnist, cast.mel, short_id="r1")
    assert as_user(cast.sam).get(path).status_code == 404
    (entry,) = denied()
    assert (entry.actor_name, entry.org_id) == ("sam", cast.acme.pk)
    assert entry.object_repr == (str(run) if about == "run" else about)


def test_a_run_by_its_uid_and_pages(cast: Cast, as_user: AsUser) -> None:
    run = make_run(cast.mnist, cast.mel, short_id="r1")
    assert as_user(cast.sam).get(f"/api/v1/runs/{run.uid}").status_code == 404
    browser = Client()
    browser.force_login(cast.sam)
    assert browser.get("/acme/mnist/runs/r1").status_code == 404
    assert [entry.object_repr for entry in denied()] == [str(run)] * 2
    assert [entry.door for entry in denied()] == ["rest", "page"]


def test_what_is_not_there_is_no_attempt(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.sam)
    for path in ("/api/v1/orgs/nothing", "/api/v1/projects/no/thing", "/api/v1/runs/none", "/x/y"):
        assert client.get(path).status_code in {302, 404}
    assert denied() == []


def test_both_are_answered_alike(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.sam)
    there = client.get("/api/v1/projects/acme/mnist").json()
    not_there = client.get("/api/v1/projects/acme/mnisT").json()
    assert there["error"]["code"] == not_there["error"]["code"]


def test_a_scanner_fills_no_disk(
    cast: Cast, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.audit.floods.PER_MINUTE", 3)
    client = as_user(cast.sam)
    for _attempt in range(12):
        client.get(PROJECT)
    assert len(denied()) in {3, 6}  # two minutes may meet
    assert Entry.objects.filter(action="flood", actor_name="sam").exists()


def test_exports(cast: Cast, as_user: AsUser) -> None:
    run = make_run(cast.mnist, cast.mel, short_id="r1")
    client = as_user(cast.vic)
    base = f"/api/v1/runs/{run.uid}"
    client.get(f"{base}/metrics?keys=loss&format=csv")
    client.get(f"{base}/metrics?keys=loss")
    client.get(f"{base}/history.parquet")
    body = {"keys": ["loss"], "runs": [run.uid], "format": "csv"}
    client.post("/api/v1/metrics/query", body, "application/json")
    told = list(Entry.objects.filter(action="export").order_by("pk"))
    assert [entry.object_repr for entry in told] == [str(run), str(run), "acme/mnist"]
    assert [entry.additional_data["format"] for entry in told] == ["csv", "parquet", "csv"]
    assert {(entry.actor_name, entry.project_id) for entry in told} == {("vic", cast.mnist.pk)}
