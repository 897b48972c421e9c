"""The fields that a project's runs have, for the column chooser."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.runs import documents, search, services
from apps.runs.facts import Place
from apps.runs.fields import read_field
from apps.runs.search import Column
from tests.conftest import Cast
from tests.factories import make_project, make_run


def test_columns_count_runs_by_type(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann, config={"lr": 0.1, "amp": True, "a b": 1})
    make_run(cast.mnist, cast.ann, config={"lr": "auto"}, environment={"host": "n1"})
    make_run(make_project(cast.acme, "other", cast.ann), cast.ann, config={"other": 1})
    found, following = search.columns(cast.mnist)
    assert following is None
    assert found == [
        Column("config.`a b`", {"number": 1}, 1, []),
        Column("config.amp", {"boolean": 1}, 1, []),
        Column("config.lr", {"number": 1, "text": 1}, 2, []),
        Column("system.host", {"text": 1}, 1, []),
    ]


def test_statistics_are_named_with_their_metric(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    stats: dict[str, dict[str, Any]] = {
        "loss": {"last": 0.5, "min": 0.1},
        "note": {"last": "hi"},
    }
    documents.record_summary(run_id=run.pk, stats=stats)
    services.finish_run(run=run)
    found, _ = search.columns(cast.mnist)
    assert [(column.field, column.statistics) for column in found] == [
        ("summary.loss", ["last", "min"]),
        ("summary.note", []),
    ]
    assert read_field("summary.loss.min").places[-1] == ("min", "loss")


def test_columns_are_searched_and_paged(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann, config={"Alpha": 1, "beta": 1, "alphabet": 1, "é%": 1})
    assert [column.field for column in search.columns(cast.mnist, search="ALPHA")[0]] == [
        "config.Alpha",
        "config.alphabet",
    ]
    assert [column.field for column in search.columns(cast.mnist, search="%")[0]] == ["config.é%"]
    fields: list[str] = []
    after: Place | None = None
    while True:
        found, after = search.columns(cast.mnist, after=after, limit=1)
        fields += [column.field for column in found]
        if after is None:
            break
    assert fields == ["config.Alpha", "config.alphabet", "config.beta", "config.é%"]


def test_keys_that_no_run_has_any_more_are_left_out(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, config={"x": 1})
    services.delete_run(run=run)
    assert search.columns(cast.mnist) == ([], None)


def test_columns_read_the_keys_alone(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, config={"x": 1})
    documents.update_summary(run_id=run.pk, set_values={"y": 1})
    services.finish_run(run=run)
    with CaptureQueriesContext(connection) as queries:
        assert len(search.columns(cast.mnist)[0]) == 2
    assert len(queries) == 2
    assert not any('runs_fact"' in query["sql"] for query in queries)
