"""The stream at a limit: rows are refused before they are acknowledged, never after."""

from __future__ import annotations

import pytest

from apps.metrics import ingest
from apps.metrics.models import Batch
from apps.projects import quotas, usage
from apps.projects.models import Project, ProjectUsage
from apps.runs.models import Run
from tests.api.metrics.stream_client import writer_of
from tests.api.metrics.test_stream import rows
from tests.conftest import Cast
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel)


def use(cast: Cast, **amounts: int) -> None:
    usage.measure_all()
    ProjectUsage.objects.filter(project=cast.mnist).update(**amounts)
    ingest.forget_grants()


def test_a_stream_at_the_limit_is_refused_and_keeps_its_offset(cast: Cast, run: Run) -> None:
    writer = writer_of(run, cast.mel)
    taken = writer.send([rows()]).json["offset"]
    quotas.set_project_quota(project=cast.mnist, points=10)
    use(cast, points=10)
    refused = writer.send([rows()], taken)
    assert refused.status == 403
    assert refused.json["error"]["code"] == "quota_exceeded"
    assert refused.json["quota"]["limit"] == 10
    before = Batch.objects.count()
    use(cast, points=0)
    assert writer.send([rows()], taken).json["offset"] == taken + 1
    assert (before, Batch.objects.count()) == (1, 2)


def test_near_the_limit_the_answer_says_so(cast: Cast, run: Run) -> None:
    quotas.set_project_quota(project=cast.mnist, points=10)
    use(cast, points=9)
    answer = writer_of(run, cast.mel).send([rows()])
    assert (answer.status, answer.headers["x-quota-warning"]) == (200, "points 9/10 acme/mnist")


def test_limits_are_asked_for_once_in_a_while_and_not_for_each_request(
    cast: Cast, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Project] = []

    def note(project: Project) -> list[quotas.Limit]:
        asked.append(project)
        return []

    monkeypatch.setattr(quotas, "limits_on", note)
    writer = writer_of(run, cast.mel)
    for offset in range(3):
        assert writer.send([rows()], offset).status == 200
    assert asked == [cast.mnist]
