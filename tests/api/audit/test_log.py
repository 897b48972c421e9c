"""The log's REST and pages: filters, pages by cursor, exports, and who sees what."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from typing import cast as typed

import pytest
from django.test import AsyncClient, Client
from pytest_django import DjangoAssertNumQueries

from apps.audit.models import Entry
from apps.audit.origin import Origin, entered
from apps.audit.services import record
from apps.core import clock
from apps.orgs import services as orgs
from apps.orgs.models import User
from tests.conftest import Cast
from tests.factories import make_user

AsUser = Callable[[User], Client]
URL = "/api/v1/orgs/acme/audit"


def items(client: Client, url: str = URL, **query: str) -> list[dict[str, Any]]:
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.content
    return typed("list[dict[str, Any]]", answer.json()["items"])


def note(cast: Cast, name: str, **changes: Any) -> Entry:
    with entered(Origin(door="rest", username="ann", user_id=cast.ann.pk, address="192.0.2.7")):
        return record("look.at", org_id=cast.acme.pk, name=name, **changes)


def test_an_org_admin_sees_what_happened_here_and_within(cast: Cast, as_user: AsUser) -> None:
    child = orgs.create_org(slug="acme-lab", admin=cast.ann, parent=cast.acme)
    other = orgs.create_org(slug="other", admin=cast.sam)
    client = as_user(cast.ann)
    ids = {item["org_id"] for item in items(client)}
    assert ids == {cast.acme.pk, child.pk}
    assert other.pk not in ids
    newest = items(client)[0]
    assert (newest["action"], newest["org_id"]) == ("member.add", child.pk)


def test_every_filter(cast: Cast, as_user: AsUser) -> None:
    first = note(cast, "a curve", project_id=5)
    client = as_user(cast.ann)
    today = first.timestamp.astimezone(UTC).date().isoformat()
    for query in (
        {"who": "ann", "action": "look.at"},
        {"action": "look.at"},
        {"q": "CURVE"},
        {"project_id": "5"},
        {"address": "192.0.2.7"},
        {"door": "rest", "q": "look"},
        {"action": "look.at", "from": today, "to": today},
        {"action": "look.at", "from": first.timestamp.isoformat()},
    ):
        assert [item["id"] for item in items(client, **query)] == [first.pk], query
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    for query in ({"who": "nobody"}, {"from": tomorrow}, {"to": "2020-01-01"}, {"q": "xyzzy"}):
        assert items(client, **query) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "yesterday"),
        ("to", "2026-13-01"),
        ("to", "9999-12-31"),
        ("address", "here"),
        ("project_id", "x"),
        ("project_id", "9" * 30),
        ("q", "x" * 400),
        ("who", "a\0b"),
    ],
)
def test_junk_is_refused_by_name(cast: Cast, as_user: AsUser, name: str, value: str) -> None:
    answer = as_user(cast.ann).get(URL, {name: value})
    if "\0" in value:
        assert answer.status_code == 400  # Before any view: nothing has a NUL.
        return
    assert answer.status_code == 422
    assert name in answer.json()["error"]["fields"]


def test_pages_by_cursor_miss_nothing_and_repeat_nothing(cast: Cast, as_user: AsUser) -> None:
    now = clock.now()
    for number in range(7):
        note(cast, f"n{number}")
    client, seen, cursor = as_user(cast.ann), [], ""
    while True:
        query = {"action": "look.at", "limit": "2", **({"cursor": cursor} if cursor else {})}
        answer = client.get(URL, query).json()
        seen += [item["object"] for item in answer["items"]]
        if answer["next"] is None:
            break
        cursor = answer["next"]
    assert seen == [f"n{number}" for number in reversed(range(7))]
    assert client.get(URL, {"cursor": "junk"}).status_code == 400
    assert now <= clock.now()


def test_entries_of_one_moment_are_paged_too(
    cast: Cast, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now()
    client = as_user(cast.ann)
    for number in range(3):
        Entry(action="look.at", org_id=cast.acme.pk, timestamp=moment, door="rest").save()
        assert number < 3
    first = client.get(URL, {"action": "look.at", "limit": "2"}).json()
    query = {"action": "look.at", "cursor": first["next"]}
    rest = client.get(URL, query).json()
    ids = [item["id"] for item in first["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 3


def test_a_page_costs_few_queries(
    cast: Cast, as_user: AsUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_user(cast.ann)
    for number in range(30):
        note(cast, f"n{number}")
    client.get(URL)
    # The key, the org, the permission, the orgs within, and the entries.
    with django_assert_num_queries(5):
        client.get(URL)


def test_csv_computes_nothing(cast: Cast, as_user: AsUser) -> None:
    note(cast, '=cmd|"/c calc"!A1', changes={"name": ("", "=1+1")})
    answer = as_user(cast.ann).get(f"{URL}/export", {"action": "look.at"})
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # it streams
    (row,) = list(csv.DictReader(io.StringIO(text)))
    assert row["object"] == '\'=cmd|"/c calc"!A1'
    assert row["actor"] == "ann"
    assert json.loads(row["changes"]) == {"name": ["", "=1+1"]}


def test_jsonl_is_whole_and_itself_recorded(
    cast: Cast, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.audit.search.EXPORT_BATCH", 3)
    for number in range(8):
        note(cast, f"n{number}")
    query = {"action": "look.at", "format": "jsonl"}
    answer = as_user(cast.ann).get(f"{URL}/export", query)
    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]  # it streams
    objects = [json.loads(line)["object"] for line in lines]
    assert objects == [f"n{number}" for number in reversed(range(8))]
    told = Entry.objects.get(action="audit.export")
    assert (told.org_id, told.actor_name) == (cast.acme.pk, "ann")
    assert told.additional_data == {"format": "jsonl", "action": "look.at"}


def test_an_unknown_format(cast: Cast, as_user: AsUser) -> None:
    assert as_user(cast.ann).get(f"{URL}/export", {"format": "exe"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_an_export_streams_from_the_asgi_server() -> None:
    boss = make_user("boss", is_admin=True)
    _key, secret = orgs.create_api_key(user=boss, name="k")

    async def export() -> bytes:
        client = AsyncClient()
        answer = await client.get(
            "/api/v1/system/audit/export?format=jsonl",
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert answer.status_code == 200, answer.content
        assert answer.is_async  # type: ignore[attr-defined]  # it streams
        content = typed("AsyncIterator[bytes]", answer.streaming_content)  # type: ignore[attr-defined]  # as above
        return b"".join([part async for part in content])

    lines = asyncio.run(export()).splitlines()
    assert len(lines) == Entry.objects.count()


def test_administrators_see_all_and_nobody_else(cast: Cast, as_user: AsUser) -> None:
    boss = make_user("boss", is_admin=True)
    note(cast, "here")
    record("look.at", name="nowhere")
    found = items(as_user(boss), "/api/v1/system/audit", action="look.at")
    assert [item["object"] for item in found] == ["nowhere", "here"]
    assert as_user(cast.ann).get("/api/v1/system/audit").status_code == 403


def page(user: User, url: str, language: str = "en") -> str:
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_of_an_org(cast: Cast) -> None:
    note(cast, "a <b>curve</b>", changes={"name": ("old", "<i>new</i>")})
    shown = page(cast.ann, "/orgs/acme/audit")
    assert "a &lt;b&gt;curve&lt;/b&gt;" in shown
    assert "<del>old</del>" in shown
    assert "<ins>&lt;i&gt;new&lt;/i&gt;</ins>" in shown
    assert "Added a member" in shown
    assert "添加了成员" in page(cast.ann, "/orgs/acme/audit", "zh-hans")


def test_the_page_keeps_its_filters_and_says_what_it_cannot_use(cast: Cast) -> None:
    for number in range(60):
        note(cast, f"n{number}")
    shown = page(cast.ann, "/orgs/acme/audit?action=look.at")
    assert "?action=look.at&amp;cursor=" in shown
    assert "audit/export?action=look.at&amp;format=csv" in shown
    assert "This filter cannot be used." in page(cast.ann, "/orgs/acme/audit?from=junk")
    assert "Nothing here matches" in page(cast.ann, "/orgs/acme/audit?q=xyzzy")


def test_the_page_of_the_installation_shows_the_head(cast: Cast) -> None:
    from apps.audit import chain

    chain.seal()
    boss = make_user("boss", is_admin=True)
    assert chain.head().digest[:12] in page(boss, "/system/audit")
