"""Pages, cursors, counts and hints, and what they cost."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import Invalid, Malformed
from apps.core.rest import decode_cursor, encode_cursor
from apps.runs import documents, search, services
from tests.conftest import Cast
from tests.factories import make_run


def names(page: search.Page) -> list[str]:
    return [run.name for run in page.runs]


def test_the_count_comes_with_the_first_page_alone(cast: Cast) -> None:
    for number in range(5):
        make_run(cast.mnist, cast.ann, name=f"r{number}")
    first = search.page(cast.mnist, limit=3)
    assert (names(first), first.count, first.count_is_capped) == (["r4", "r3", "r2"], 5, False)
    second = search.page(cast.mnist, limit=3, cursor=first.next_cursor)
    assert (names(second), second.count, second.next_cursor) == (["r1", "r0"], None, None)


def test_a_full_last_page_has_no_next(cast: Cast) -> None:
    for _ in range(3):
        make_run(cast.mnist, cast.ann)
    assert search.page(cast.mnist, limit=3).next_cursor is None


def test_the_count_is_capped(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        make_run(cast.mnist, cast.ann)
    monkeypatch.setattr(search, "COUNT_CAP", 3)
    page = search.page(cast.mnist)
    assert (page.count, page.count_is_capped, len(page.runs)) == (3, True, 4)
    monkeypatch.setattr(search, "COUNT_CAP", 4)
    page = search.page(cast.mnist)
    assert (page.count, page.count_is_capped) == (4, False)


def test_a_large_count_is_kept_for_those_who_look_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "KEPT_COUNT", 3)
    for expected in (1, 2, 3, 3):
        make_run(cast.mnist, cast.ann, name="r")
        page = search.page(cast.mnist, query="name = r")
        assert page.count == expected
    assert len(page.runs) == 4, "the page itself is never kept"
    assert search.page(cast.mnist, query='name = "r" and number > 0').count == 4
    assert search.count(cast.mnist, query="name = r") == 4


def test_a_run_that_comes_meanwhile_disturbs_no_later_page(cast: Cast) -> None:
    for number in range(4):
        make_run(cast.mnist, cast.ann, name=f"r{number}", config={"x": 1})
    first = search.page(cast.mnist, order="-config.x", limit=2)
    make_run(cast.mnist, cast.ann, name="new", config={"x": 1})
    services.delete_run(run=first.runs[-1])
    second = search.page(cast.mnist, order="-config.x", limit=2, cursor=first.next_cursor)
    assert names(first) + names(second) == ["r3", "r2", "r1", "r0"]


def test_a_cursor_stays_good_when_its_field_gets_its_first_value(cast: Cast) -> None:
    runs = [make_run(cast.mnist, cast.ann, name=f"r{number}") for number in range(4)]
    first = search.page(cast.mnist, order="config.x", limit=2)
    assert names(first) == ["r3", "r2"]
    make_run(cast.mnist, cast.ann, name="new", config={"x": 1})
    second = search.page(cast.mnist, order="config.x", limit=2, cursor=first.next_cursor)
    assert names(second) == [runs[1].name, runs[0].name]


@pytest.mark.parametrize("order", ["-created", "config.x", "name", "duration", "step", "ended"])
@pytest.mark.parametrize(
    "position",
    [
        [],
        ["{order}"],
        ["{order}", 0, None, "1"],
        ["{order}", 0, {"a": 1}, 1],
        ["{order}", 0, [1], 1],
        ["{order}", 9, None, 1],
        ["{order}", -1, None, 1],
        ["{order}", True, None, 1],
        ["{order}", 0, None, -1],
        ["{order}", 0, None, 2**70],
        ["{order}", 0, 2**70, 1],
        ["{order}", 0, True, 1],
        ["{order}", 0, "2026-11-21", 1],
        ["{order}", 0, "a\0b", 1],
        ["{order}", 0, float("nan"), 1],
        ["name", 0, "a", 1, 1],
        ["-notes", 0, "a", 1],
    ],
)
def test_a_forged_cursor_is_refused(cast: Cast, order: str, position: list[Any]) -> None:
    make_run(cast.mnist, cast.ann, config={"x": 1})
    filled = [order if item == "{order}" else item for item in position]
    # A number of any size is a place among numbers, and any text one among texts.
    is_place = [order, *filled[2:3]] in (
        ["config.x", 2**70],
        ["duration", 2**70],
        ["name", "2026-11-21"],
    )
    with contextlib.nullcontext() if is_place else pytest.raises(Malformed):
        search.page(cast.mnist, order=order, cursor=encode_cursor(filled))


@pytest.mark.parametrize("cursor", ["", "x", "!!", "bnVsbA", "W10", "é", "W" * 5000])
def test_a_cursor_that_is_none_is_refused(cast: Cast, cursor: str) -> None:
    with pytest.raises(Malformed):
        search.page(cast.mnist, cursor=cursor)


def test_a_cursor_of_another_order_is_refused(cast: Cast) -> None:
    for _ in range(2):
        make_run(cast.mnist, cast.ann)
    cursor = search.page(cast.mnist, order="-created", limit=1).next_cursor
    assert cursor is not None
    assert decode_cursor(cursor)[0] == "-created"
    with pytest.raises(Malformed) as raised:
        search.page(cast.mnist, order="created", cursor=cursor)
    assert raised.value.code == "cursor_invalid"


@pytest.mark.parametrize(
    "order", ["", "-", "nope", "tags", "-text", "config.", "a b", "created,name"]
)
def test_an_order_that_is_none_is_refused(cast: Cast, order: str) -> None:
    with pytest.raises(Invalid) as raised:
        search.page(cast.mnist, order=order)
    assert raised.value.code == "order_invalid"
    assert "order" in raised.value.fields


def test_hints_name_what_no_run_has(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann, config={"learning_rate": 0.1, "seed": 1})
    page = search.page(
        cast.mnist, query="config.learning_rat < 1 or config.xyz = 1", order="-summary.loss"
    )
    assert page.count == 0
    assert page.hints == [
        "No run of this project has config.learning_rat. Did you mean config.learning_rate?",
        "No run of this project has config.xyz.",
        "No run of this project has summary.loss.",
    ]
    assert search.page(cast.mnist, query="config.seed = 1").hints == []


def test_hints_on_statistics_name_metrics(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    documents.record_summary(run_id=run.pk, stats={"val/loss": {"last": 1.0, "min": 0.5}})
    services.finish_run(run=run)
    assert search.page(cast.mnist, query="summary.val/los.min < 1").hints == [
        "No run of this project has summary.val/los.min. Did you mean summary.val/loss.min?"
    ]


def test_a_key_that_only_the_trash_has_gives_way_to_a_statistic(cast: Cast) -> None:
    old = make_run(cast.mnist, cast.ann)
    documents.update_summary(run_id=old.pk, set_values={"loss.min": 9})
    services.finish_run(run=old)
    run = make_run(cast.mnist, cast.ann)
    documents.record_summary(run_id=run.pk, stats={"loss": {"last": 1.0, "min": 0.5}})
    services.finish_run(run=run)
    assert search.count(cast.mnist, query="summary.loss.min = 9") == 1
    services.delete_run(run=old)
    assert search.count(cast.mnist, query="summary.loss.min = 0.5") == 1


def test_a_key_that_is_gone_is_missed_no_more_than_one_that_never_was(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, config={"x": 1})
    services.delete_run(run=run)
    make_run(cast.mnist, cast.ann)
    assert search.page(cast.mnist, query="config.x is null", order="config.x").count == 1


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", "-created"),
        ("", "config.x"),
        ("config.x > 0 and (name ~ r or tags has a) and summary.y is null", "-config.x"),
        ("config.x > 0", "name"),
    ],
)
def test_a_page_costs_the_same_queries_however_many_runs(
    cast: Cast, query: str, order: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = search.page(cast.mnist, query=query, order=order)
            for run in page.runs:
                str((run.project.org.slug, run.created_by, run.tag_names, run.document.config))
        return len(queries)

    make_run(cast.mnist, cast.ann, config={"x": 1}, tags=["a"])
    one = cost()
    for number in range(10):
        make_run(cast.mnist, cast.mel, config={"x": number}, tags=["a", "b"])
    assert cost() == one
    assert one <= 15


def test_lists_leave_git_and_environment_in_the_database(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann, git={"diff": "x" * 1000}, environment={"host": "h"})
    (brief,) = search.page(cast.mnist).runs
    assert {"git", "environment", "statistics"} <= brief.document.get_deferred_fields()
    (full,) = search.page(cast.mnist, is_detailed=True).runs
    assert not {"git", "environment"} & full.document.get_deferred_fields()


def test_a_tree_is_as_good_as_text(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann, name="a")
    make_run(cast.mnist, cast.ann, name="b")
    page = search.page(cast.mnist, query={"field": "name", "op": "=", "value": "a"})
    assert names(page) == ["a"]
    with pytest.raises(Invalid):
        search.page(cast.mnist, query={"field": "nope", "op": "=", "value": "a"})


def test_the_largest_query_is_answered(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann, config={f"k{number}": number for number in range(200)})
    every = " and ".join(f"config.k{number} = {number}" for number in range(200))
    assert search.page(cast.mnist, query=every, order="config.k7").count == 1
    some = " or ".join(f"summary.k{number} > {number}" for number in range(200))
    assert search.count(cast.mnist, query=some) == 0
    listed = ",".join(str(number) for number in range(1000))
    assert search.count(cast.mnist, query=f"config.k5 in ({listed})") == 1
    nested = "not (" * 15 + "config.k1 = 1" + ")" * 15
    assert search.count(cast.mnist, query=nested) == 0
