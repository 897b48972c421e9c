"""What is measured is what is there: runs, points, bytes and seats, up the tree of orgs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.metrics import sealing, store
from apps.metrics.models import Batch, Tile
from apps.orgs import services as org_services
from apps.orgs.models import Membership, Org
from apps.orgs.permissions import BuiltinRole
from apps.projects import services, tasks, usage
from apps.projects.models import OrgUsage, ProjectUsage
from apps.runs import services as run_services
from apps.runs import usage as run_usage
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_project, make_run, make_user

STEPS = list(range(20))
RECORD = {
    "kind": "rows",
    "steps": STEPS,
    "columns": {"loss": [1.0 / (step + 1) for step in STEPS]},
    "objects": {"note": [[step, "x"] for step in STEPS]},
}


def log(run: Run) -> None:
    store.append(run=run, stream=uuid4(), records=[RECORD])


def of_project(project: Any) -> ProjectUsage:
    usage.measure_all()
    return ProjectUsage.objects.get(project=project)


def test_points_are_counted_whether_sealed_or_not(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    log(run)
    sealing.count_run(run.pk)
    assert of_project(cast.mnist).points == 40
    sealing.seal_run(run.pk)
    assert of_project(cast.mnist).points == 40
    store.truncate(run=run, step=10)
    assert of_project(cast.mnist).points == 20


def test_storage_is_the_bytes_of_batches_and_then_of_tiles(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    log(run)
    waiting = sum(len(bytes(batch.payload)) for batch in Batch.objects.all())
    assert waiting > 0
    assert of_project(cast.mnist).metric_bytes == waiting
    sealing.seal_run(run.pk)
    tiles = sum(len(bytes(t.payload)) + len(bytes(t.directory)) for t in Tile.objects.all())
    measured = of_project(cast.mnist).metric_bytes
    assert tiles < measured < tiles + 10_000
    assert (
        run_usage.measure_runs([run.pk])[run.pk] == measured + of_project(cast.mnist).document_bytes
    )


def test_documents_and_their_history_take_room(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, config={"lr": 0.1})
    before = of_project(cast.mnist).document_bytes
    run_services.update_run(run=run, author_id=cast.ann.pk, config={"text": "long " * 20})
    assert of_project(cast.mnist).document_bytes > before + 50


def test_runs_in_the_trash_still_count(cast: Cast) -> None:
    kept, gone = make_run(cast.mnist, cast.ann), make_run(cast.mnist, cast.ann)
    run_services.delete_run(run=gone)
    measured = of_project(cast.mnist)
    assert (measured.runs, measured.trashed_runs) == (2, 1)
    services.delete_project(project=cast.mnist)
    measured = of_project(cast.mnist)
    assert (measured.runs, measured.trashed_runs) == (2, 2)
    assert kept.pk != gone.pk


def test_an_org_holds_what_those_below_it_hold(cast: Cast) -> None:
    child = Org.objects.create(slug="vision", name="Vision", parent=cast.acme)
    lone = make_user("lone")
    Membership.objects.create(org=child, user=lone, role_id=BuiltinRole.MEMBER)
    Membership.objects.create(org=child, user=cast.mel, role_id=BuiltinRole.ADMIN)
    make_run(cast.mnist, cast.ann)
    make_run(make_project(child, "cars", cast.ann), cast.ann)
    tasks.measure_usage()
    above, below = OrgUsage.objects.get(org=cast.acme), OrgUsage.objects.get(org=child)
    # ann, mel, vic and lone; mel is a member of both, and has one seat.
    assert (above.runs, above.seats) == (2, 4)
    assert (below.runs, below.seats) == (1, 2)


def test_service_accounts_and_people_who_left_take_no_seat(cast: Cast) -> None:
    org_services.set_active(user=cast.vic, is_active=False)
    robot = make_user("robot")
    robot.service_org = cast.acme
    robot.save()
    Membership.objects.create(org=cast.acme, user=robot, role_id=BuiltinRole.MEMBER)
    assert usage.count_seats()[cast.acme.pk] == 2


def test_measuring_again_replaces_and_never_adds(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann)
    first = of_project(cast.mnist)
    second = of_project(cast.mnist)
    assert second.measured_at >= first.measured_at
    assert (second.runs, second.storage_bytes) == (first.runs, first.storage_bytes)


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_projects_and_runs(cast: Cast) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            usage.measure_all()
        return len(queries)

    make_run(cast.mnist, cast.ann)
    few = count()
    for number in range(5):
        make_run(make_project(cast.acme, f"p{number}", cast.ann), cast.ann)
    assert count() == few
