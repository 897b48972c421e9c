"""Who may write to the stream route, and what becomes of writers when that changes."""

from __future__ import annotations

import base64
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock, live
from apps.metrics import append, store
from apps.metrics import writer as writing
from apps.metrics.append import Append
from apps.orgs import services as org_services
from apps.orgs import tokens
from apps.orgs.models import ApiKey, Membership, User
from apps.runs import services as run_services
from apps.runs.models import Run
from tests.api.metrics.stream_client import StreamAnswer, post, post_together, writer_of
from tests.api.metrics.test_stream import points, rows
from tests.conftest import Cast
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel)


def code(answer: StreamAnswer) -> tuple[int, str]:
    return answer.status, answer.json["error"]["code"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ann", None),
        ("mel", None),
        ("vic", (403, "forbidden")),
        ("sam", (404, "run_not_found")),
    ],
)
def test_roles(cast: Cast, run: Run, name: str, expected: tuple[int, str] | None) -> None:
    user: User = getattr(cast, name)
    answer = writer_of(run, user).send([rows()])
    assert (None if answer.status == 200 else code(answer)) == expected
    assert store.read(store.Query([store.refer(run)], ["loss"])).series != [] or expected


def test_a_read_only_key_may_not_write(cast: Cast, run: Run) -> None:
    answer = writer_of(run, cast.mel, scope=ApiKey.Scope.READ).send([rows()])
    assert code(answer) == (403, "forbidden")


def test_an_expired_key_is_none(cast: Cast, run: Run) -> None:
    writer = writer_of(run, cast.mel)
    ApiKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    answer = writer.send([rows()])
    assert code(answer) == (401, "key_not_valid")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "unauthenticated"),
        ("Bearer", "unauthenticated"),
        ("Bearer " + "0" * 40, "key_not_valid"),
        ("Basic !!", "unauthenticated"),
        ("Digest x", "unauthenticated"),
    ],
)
def test_no_good_key_is_401(cast: Cast, run: Run, header: str, expected: str) -> None:
    headers = {"content-type": "application/json"} | ({"authorization": header} if header else {})
    assert code(post(run.uid, b"{}", headers)) == (401, expected)


def test_basic_and_token_work_too(cast: Cast, run: Run) -> None:
    writer = writer_of(run, cast.mel)
    body, headers = writer.request([rows()])
    basic = base64.b64encode(f"api:{writer.key}".encode()).decode()
    assert post(run.uid, body, {**headers, "authorization": f"Basic {basic}"}).status == 200
    access = tokens.issue(cast.mel).access
    assert post(run.uid, body, {**headers, "authorization": f"Bearer {access}"}).status == 200


def test_an_unknown_run_is_404(cast: Cast, run: Run) -> None:
    writer = writer_of(run, cast.mel)
    writer.run_uid = "0" * 16
    assert code(writer.send([rows()])) == (404, "run_not_found")


def test_a_deleted_run_is_410_at_once(cast: Cast, run: Run) -> None:
    writer = writer_of(run, cast.mel)
    assert writer.send([rows()]).status == 200
    run_services.delete_run(run=run)
    assert code(writer.send([rows(3)], offset=1)) == (410, "run_deleted")
    run_services.restore_run(run=run)
    assert writer.send([rows(3)], offset=1).status == 200


def test_a_revoked_key_is_refused_at_once(cast: Cast, run: Run) -> None:
    writer = writer_of(run, cast.mel)
    assert writer.send([rows()]).status == 200
    org_services.revoke_api_key(key=ApiKey.objects.get())
    assert code(writer.send([rows(3)], offset=1)) == (401, "key_not_valid")


def test_lost_membership_counts_within_five_seconds(
    cast: Cast, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = writer_of(run, cast.mel)
    assert writer.send([rows()]).status == 200
    Membership.objects.filter(user=cast.mel, org=cast.acme).delete()
    monkeypatch.setattr("apps.metrics.ingest.time.monotonic", lambda: 1e12)
    assert code(writer.send([rows(3)], offset=1)) == (404, "run_not_found")


def test_asking_who_may_write_costs_nothing_the_second_time(cast: Cast, run: Run) -> None:
    writer = writer_of(run, cast.mel)
    writer.send([rows()])
    # A key that is gone without anybody being told shows that nobody looked.
    ApiKey.objects.all().delete()
    assert writer.send([rows(3)], offset=1).status == 200


def test_a_request_is_three_statements(cast: Cast, run: Run) -> None:
    """Select and lock the stream, insert the batch, move the stream on."""
    stream = uuid4()
    first = store.append(run=run, stream=stream, records=[rows()])
    with CaptureQueriesContext(connection) as captured:
        store.append(run=run, stream=stream, records=[rows(3)], offset=first.offset)
    words = [query["sql"].split()[0] for query in captured.captured_queries]
    if connection.vendor == "sqlite":  # On PostgreSQL they go past Django's log.
        assert words == ["BEGIN", "SELECT", "INSERT", "UPDATE", "COMMIT"]
    assert len(words) <= 5


def test_a_run_that_is_gone_does_not_spoil_its_group(cast: Cast, run: Run) -> None:
    writer = writer_of(run, cast.mel)
    gone = make_run(cast.mnist, cast.mel)
    lost = writer_of(gone, cast.mel)
    assert lost.send([rows()]).status == 200
    Run.objects.filter(pk=gone.pk).delete()
    good_body, good_headers = writer.request([rows()])
    bad_body, bad_headers = lost.request([rows()])
    answers = post_together([(gone.uid, bad_body, bad_headers), (run.uid, good_body, good_headers)])
    assert code(answers[0]) == (404, "run_not_found")
    assert answers[1].status == 200
    assert points(run) == {"loss": [0.5, 1.5, 2.5]}


def test_a_group_that_fails_is_stored_one_by_one(
    cast: Cast, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_groups(appends: list[Append]) -> list[append.Outcome]:
        if len(appends) > 1 or appends[0].request.label == "bad":
            raise OperationalError("disk I/O error")
        return append.append_all(appends)

    monkeypatch.setattr(writing, "append_all", fail_groups)
    requests = []
    for label in ("good", "bad", "good too"):
        body, headers = writer_of(run, cast.mel).request([rows()], label=label)
        requests.append((run.uid, body, headers))
    answers = post_together(requests)
    assert [answer.status for answer in answers] == [200, 503, 200]
    assert code(answers[1]) == (503, "busy")
    assert answers[1].headers["retry-after"] == "1"


def test_an_unexpected_error_is_answered_and_the_writer_goes_on(
    cast: Cast, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = writer_of(run, cast.mel)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "append_all", lambda appends: 1 / 0)
        assert code(writer.send([rows()])) == (500, "internal")
    assert writer.send([rows()]).status == 200


def test_what_is_not_committed_is_not_answered_with_200(
    cast: Cast, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_late(states: object, now: object) -> None:
        raise DatabaseError("no space left")

    writer = writer_of(run, cast.mel)
    with monkeypatch.context() as patch:
        patch.setattr(append, "_update_streams", fail_late)
        assert writer.send([rows()]).status == 503
    assert points(run) == {}


def test_too_much_on_its_way_is_503(cast: Cast, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_WAITING_BYTES", -1)
    answer = writer_of(run, cast.mel).send([rows()])
    assert (code(answer), answer.headers["retry-after"]) == ((503, "busy"), "1")


def test_watchers_are_nudged(cast: Cast, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    nudges: list[tuple[int, str, list[str]]] = []
    monkeypatch.setattr(
        live, "publish_now", lambda project, kind, uids: nudges.append((project, kind, list(uids)))
    )
    console = {"kind": "console", "lines": [[0, 1.8e9, "stdout", "hello"]]}
    writer_of(run, cast.mel).send([rows(), console])
    assert sorted(nudges) == [
        (run.project_id, "console", [run.uid]),
        (run.project_id, "points", [run.uid]),
    ]


def test_a_large_body_without_a_good_key_is_answered_too(cast: Cast, run: Run) -> None:
    headers = {"content-type": "application/msgpack", "authorization": "Bearer " + "0" * 40}
    assert code(post(run.uid, bytes(1024 * 1024), headers)) == (401, "key_not_valid")
