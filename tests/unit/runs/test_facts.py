"""The search index follows the documents: what becomes a fact, and when."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock
from apps.runs import documents, facts, services
from apps.runs.facts import Value
from apps.runs.fields import STATISTICS
from apps.runs.models import Fact, FactKey, Run, RunDocument
from tests.conftest import Cast
from tests.factories import make_project, make_run


def facts_of(run: Run, source: str) -> dict[str, tuple[float | None, str | None]]:
    keys = {key.pk: key.path for key in FactKey.objects.filter(source=source)}
    rows = Fact.objects.filter(run=run, key__source=source)
    return {
        keys[key]: (number, text) for key, number, text in rows.values_list("key", "number", "text")
    }


def counts_of(project_id: int, source: str, path: str) -> tuple[int, int, int]:
    key = FactKey.objects.get(project_id=project_id, source=source, path=path)
    return key.number_count, key.text_count, key.boolean_count


def let_time_pass(run: Run) -> None:
    """Let the pause between two writes of a live run's facts be over."""
    long_ago = clock.now() - timedelta(hours=1)
    RunDocument.objects.filter(run=run).update(indexed_at=long_ago)


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (3, Value(3.0, None)),
        (-0.5, Value(-0.5, None)),
        (True, Value(1.0, "true")),
        (False, Value(0.0, "false")),
        (math.nan, Value(None, "NaN")),
        (-math.inf, Value(-math.inf, None)),
        (10**400, Value(math.inf, None)),
        (-(10**400), Value(-math.inf, None)),
        ("x", Value(None, "x")),
        ("", Value(None, "")),
        ("x" * 600, Value(None, "x" * 500)),
        ("a\0b", Value(None, "a␀b")),
        ("a\ud800", Value(None, "a?")),
        ([1, "é", math.nan], Value(None, '[1, "é", "NaN"]')),
        ([], Value(None, "[]")),
        ([0] * 10_000, Value(None, ("[" + "0, " * 600)[:500])),
    ],
)
def test_what_a_value_becomes(item: Any, value: Value) -> None:
    assert facts.to_value(item) == value


def test_nested_config_becomes_paths(cast: Cast) -> None:
    config = {"lr": 0.1, "opt": {"name": "adam", "betas": [0.9, 0.99]}, "none": None, "empty": {}}
    run = make_run(cast.mnist, cast.ann, config=config)
    assert facts_of(run, "config") == {
        "lr": (0.1, None),
        "opt.name": (None, "adam"),
        "opt.betas": (None, "[0.9, 0.99]"),
    }


def test_environment_and_git_become_facts_without_packages_and_diffs(cast: Cast) -> None:
    run = make_run(
        cast.mnist,
        cast.ann,
        environment={
            "host": "n1",
            "cpu_count": 8,
            "packages": {"numpy": "2.0"},
            "gpus": ["A", "B"],
        },
        git={"commit": "abc", "dirty": True, "diff": "-x\n+y"},
    )
    assert facts_of(run, "system") == {
        "host": (None, "n1"),
        "cpu_count": (8.0, None),
        "gpus": (None, '["A", "B"]'),
    }
    assert facts_of(run, "git") == {"commit": (None, "abc"), "dirty": (1.0, "true")}


@pytest.mark.parametrize(
    "key",
    ["学" * 170, "x" * 512, "a/b.c d", "tick`tock", "😀", "line\nbreak", "", "%s", "a__gt", "'\""],
)
def test_any_key_has_its_facts(cast: Cast, key: str) -> None:
    run = make_run(cast.mnist, cast.ann, config={key: 1}, group="g")
    documents.record_summary(run_id=run.pk, stats={key: {"last": 2.0, "min": 1.0, "count": 2}})
    services.finish_run(run=run)
    assert facts_of(run, "config") == {key: (1.0, None)}
    assert facts_of(run, "summary") == {key: (2.0, None)}
    assert facts_of(run, "min") == {key: (1.0, None)}


def test_a_path_too_long_for_an_index_is_left_out(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, config={"é" * 513: 1, "é" * 512: 2})
    assert facts_of(run, "config") == {"é" * 512: (2.0, None)}


def test_statistics_become_facts_of_their_own_sources(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    stats = {"loss": {"last": 0.5, "first": 2.0, "min": 0.25, "max": math.inf, "mean": math.nan}}
    documents.record_summary(run_id=run.pk, stats=stats)
    services.finish_run(run=run)
    found = {source: facts_of(run, source).get("loss") for source in ("summary", *STATISTICS)}
    assert found == {
        "summary": (0.5, None),
        "last": (0.5, None),
        "first": (2.0, None),
        "min": (0.25, None),
        "max": (math.inf, None),
        "mean": (None, "NaN"),
        "best": None,
    }


def test_counts_follow_types_and_trash(cast: Cast) -> None:
    runs = [
        make_run(cast.mnist, cast.ann, config={"x": value}) for value in (1, 2, "a", True, math.nan)
    ]
    assert counts_of(cast.mnist.pk, "config", "x") == (3, 1, 1)
    services.delete_run(run=runs[0])
    services.delete_run(run=runs[2])
    assert counts_of(cast.mnist.pk, "config", "x") == (2, 0, 1)
    assert facts_of(runs[0], "config") == {}
    services.restore_run(run=runs[0])
    assert counts_of(cast.mnist.pk, "config", "x") == (3, 0, 1)
    let_time_pass(runs[0])
    documents.update_config(run_id=runs[0].pk, author_id=None, set_values={"x": "word"})
    assert counts_of(cast.mnist.pk, "config", "x") == (2, 1, 1)
    let_time_pass(runs[0])
    documents.update_config(run_id=runs[0].pk, author_id=None, delete_paths=[["x"]])
    assert counts_of(cast.mnist.pk, "config", "x") == (2, 0, 1)
    assert facts_of(runs[0], "config") == {}


def test_projects_do_not_share_keys(cast: Cast) -> None:
    other = make_project(cast.acme, "other", cast.ann)
    for project in (cast.mnist, other):
        make_run(project, cast.ann, config={"x": 1})
    assert counts_of(cast.mnist.pk, "config", "x") == (1, 0, 0)
    assert counts_of(other.pk, "config", "x") == (1, 0, 0)


def test_only_changed_facts_are_written(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, config={f"k{number}": number for number in range(50)})
    let_time_pass(run)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        documents.update_config(run_id=run.pk, author_id=None, set_values={"k7": "new"})
    (insert,) = [query["sql"] for query in queries if 'INSERT INTO "runs_fact"' in query["sql"]]
    assert insert.count("'new'") == 1
    assert insert.count("NULL") == 1
    assert facts_of(run, "config")["k7"] == (None, "new")


def test_a_live_run_is_indexed_after_a_pause_and_an_ended_one_at_once(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, config={"x": 1})
    documents.update_config(run_id=run.pk, author_id=None, set_values={"x": 2})
    assert facts_of(run, "config") == {"x": (1.0, None)}
    services.finish_run(run=run)
    assert facts_of(run, "config") == {"x": (2.0, None)}
    documents.update_config(run_id=run.pk, author_id=None, set_values={"x": 3})
    assert facts_of(run, "config") == {"x": (3.0, None)}


def test_what_a_pause_left_behind_is_swept_up(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, config={"x": 1})
    documents.update_config(run_id=run.pk, author_id=None, set_values={"x": 2})
    assert facts.index_stale_runs() == 0
    let_time_pass(run)
    assert facts.index_stale_runs() == 1
    assert facts_of(run, "config") == {"x": (2.0, None)}
    assert facts.index_stale_runs() == 0


def test_a_run_that_changes_all_the_time_does_not_fill_the_queue(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[int] = []
    run = make_run(cast.mnist, cast.ann, config={"x": 0})
    monkeypatch.setattr("apps.runs.tasks.index_run.delay", queued.append)
    for value in range(5):
        documents.update_config(run_id=run.pk, author_id=None, set_values={"x": value})
    assert queued == [], "the sweep takes it after the pause"
    let_time_pass(run)
    RunDocument.objects.update(is_stale=False)
    for value in range(5, 10):
        documents.update_config(run_id=run.pk, author_id=None, set_values={"x": value})
    assert queued == [run.pk], "one task for five changes"


def test_a_sweep_ends_in_time_and_the_next_goes_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [make_run(cast.mnist, cast.ann, config={"x": 1}) for _ in range(3)]
    for run in runs:
        documents.update_config(run_id=run.pk, author_id=None, set_values={"x": 2})
        let_time_pass(run)
    monkeypatch.setattr(facts, "SWEEP_S", -1.0)
    assert facts.index_stale_runs() == 0
    monkeypatch.setattr(facts, "SWEEP_S", 60.0)
    assert facts.index_stale_runs() == 3


def test_a_run_whose_task_was_lost_is_swept_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as lost:
        lost.setattr("apps.runs.tasks.index_run.delay", lambda run_id: None)
        run = make_run(cast.mnist, cast.ann, config={"x": 1})
    assert facts_of(run, "config") == {}
    let_time_pass(run)
    facts.index_stale_runs()
    assert facts_of(run, "config") == {"x": (1.0, None)}


def test_a_run_that_fails_does_not_keep_the_others_waiting(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [make_run(cast.mnist, cast.ann, config={"x": 1}) for _ in range(2)]
    for run in runs:
        documents.update_config(run_id=run.pk, author_id=None, set_values={"x": 2})
        let_time_pass(run)
    index_run = facts.index_run

    def fail_once(run_id: int) -> None:
        if run_id == runs[0].pk:
            raise DatabaseError("lock timeout")
        index_run(run_id)

    monkeypatch.setattr(facts, "index_run", fail_once)
    assert facts.index_stale_runs() == 2
    assert facts_of(runs[1], "config") == {"x": (2.0, None)}
    assert facts.index_stale_runs() == 0, "the failed one waits its turn"


def test_indexing_again_changes_nothing_and_a_missing_run_is_no_error(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, config={"x": 1})
    RunDocument.objects.filter(run=run).update(is_stale=True)
    let_time_pass(run)
    facts.index_run(run.pk)
    assert counts_of(cast.mnist.pk, "config", "x") == (1, 0, 0)
    facts.index_run(10**9)


def test_ten_thousand_keys_are_indexed_and_the_rest_is_kept(cast: Cast) -> None:
    config = {f"k{number:05d}": number for number in range(facts.MAX_KEYS + 5)}
    run = make_run(cast.mnist, cast.ann, config=config)
    assert len(facts_of(run, "config")) == facts.MAX_KEYS
    assert RunDocument.objects.get(run=run).config == config


def test_the_cost_of_a_run_does_not_grow_with_the_project(cast: Cast) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            make_run(cast.mnist, cast.ann, config={"a": 1, "b": "x", "c": True})
        return len(queries)

    cost()
    second = cost()
    for _ in range(5):
        make_run(cast.mnist, cast.ann, config={"a": 2})
    assert cost() == second


def test_deleting_a_project_takes_its_facts_along(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann, config={"x": 1})
    cast.mnist.delete()
    assert not Fact.objects.exists()
    assert not FactKey.objects.exists()


def test_a_repeated_or_stale_creation_of_keys_finds_the_first(cast: Cast) -> None:
    places = [("config", "b"), ("config", "a")]
    assert facts.intern_keys(cast.mnist.pk, places) == facts.intern_keys(cast.mnist.pk, places)
    assert FactKey.objects.count() == 2
