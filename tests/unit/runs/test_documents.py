"""Config with its history, the summary, and what metrics and users say of it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from apps.core import json_values
from apps.core.errors import Invalid, LimitExceeded
from apps.runs import documents, facts
from apps.runs.models import ConfigChange, Run, RunDocument
from tests.conftest import Cast
from tests.factories import make_run


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.ann)


def config_of(run: Run) -> Any:
    return json_values.decode(RunDocument.objects.get(run=run).config)


def summary_of(run: Run) -> Any:
    return json_values.decode(RunDocument.objects.get(run=run).summary)


def set_config(run: Run, values: dict[str, Any]) -> int:
    return documents.update_config(run_id=run.pk, author_id=None, set_values=values)


# --- Config ------------------------------------------------------------------------------------
def test_mappings_merge_and_all_else_replaces(run: Run) -> None:
    set_config(run, {"opt": {"lr": 1, "name": "a"}, "layers": [1, 2]})
    set_config(run, {"opt": {"lr": 2}, "layers": [3]})
    assert config_of(run) == {"opt": {"lr": 2, "name": "a"}, "layers": [3]}
    set_config(run, {"opt": 5})
    assert config_of(run)["opt"] == 5
    set_config(run, {"opt": {"x": 1}})
    assert config_of(run)["opt"] == {"x": 1}


@pytest.mark.parametrize("odd", [math.nan, math.inf, "a\0b", {"$float": "NaN"}, {"$dict": 1}, None])
def test_odd_values_replace_mappings_and_are_replaced_by_them(run: Run, odd: Any) -> None:
    set_config(run, {"x": {"a": 1}})
    set_config(run, {"x": odd})
    merged = {"a": 1, **odd} if isinstance(odd, dict) else odd
    assert repr(config_of(run)["x"]) == repr(merged)
    set_config(run, {"x": {"b": 2}})
    assert config_of(run)["x"]["b"] == 2


def test_deleted_paths_go_after_what_is_set(run: Run) -> None:
    set_config(run, {"a": {"b": 1, "c": 2}, "a.b": 3})
    documents.update_config(
        run_id=run.pk,
        author_id=None,
        set_values={"d": 4},
        delete_paths=[["a", "b"], ["no", "such"], ["d"]],
    )
    assert config_of(run) == {"a": {"c": 2}, "a.b": 3}


def test_every_change_is_kept_with_its_author(cast: Cast, run: Run) -> None:
    assert set_config(run, {"a": 1}) == 1
    documents.update_config(run_id=run.pk, author_id=cast.mel.pk, set_values={"a": math.nan})
    documents.update_config(run_id=run.pk, author_id=cast.ann.pk, delete_paths=[["a"]])
    changes = ConfigChange.objects.filter(run=run)
    assert [
        (change.version, change.author, json_values.decode(change.set_values), change.deleted_paths)
        for change in changes
        if change.version != 2
    ] == [(1, None, {"a": 1}, []), (3, cast.ann, {}, [["a"]])]
    assert changes[1].author == cast.mel
    assert math.isnan(json_values.decode(changes[1].set_values)["a"])


def test_what_changes_nothing_makes_no_version(run: Run) -> None:
    assert set_config(run, {"a": {"b": 1}}) == 1
    assert set_config(run, {"a": {"b": 1}}) == 1
    assert set_config(run, {}) == 1
    assert ConfigChange.objects.count() == 1


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0, False), (0.0, -0.0)])
def test_a_change_of_type_is_a_change(run: Run, one: Any, other: Any) -> None:
    set_config(run, {"a": one})
    assert set_config(run, {"a": other}) == 2
    assert type(config_of(run)["a"]) is type(other)


def test_halves_of_surrogate_pairs_are_replaced(run: Run) -> None:
    set_config(run, {"a\ud800": "b\udfff"})
    assert config_of(run) == {"a?": "b?"}


@pytest.mark.parametrize("values", [{"a\0": 1}, {"a": {"b\0": 1}}])
def test_a_key_with_nul_is_refused(run: Run, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="NUL"):
        set_config(run, values)


def test_a_config_grows_to_its_limit_and_no_further(run: Run) -> None:
    half = "x" * (documents.MAX_BYTES // 2)
    set_config(run, {"a": half})
    with pytest.raises(LimitExceeded) as raised:
        set_config(run, {"b": half})
    assert "config" in raised.value.fields
    assert list(config_of(run)) == ["a"]


# --- Summary -----------------------------------------------------------------------------------
def test_what_the_user_sets_wins_over_what_metrics_come_to(run: Run) -> None:
    documents.record_summary(run_id=run.pk, stats={"loss": {"last": 2.0}, "acc": {"last": 0.5}})
    documents.update_summary(run_id=run.pk, set_values={"loss": 9, "note": "n"})
    assert summary_of(run) == {"loss": 9, "acc": 0.5, "note": "n"}
    documents.record_summary(run_id=run.pk, stats={"loss": {"last": 1.0}, "acc": {"last": 0.6}})
    assert summary_of(run) == {"loss": 9, "acc": 0.6, "note": "n"}


def test_taking_back_what_was_set_shows_the_metric_again(run: Run) -> None:
    documents.record_summary(run_id=run.pk, stats={"loss": {"last": 2.0}})
    documents.update_summary(run_id=run.pk, set_values={"loss": 9, "note": "n"})
    documents.update_summary(run_id=run.pk, delete=["loss", "note", "no such"])
    assert summary_of(run) == {"loss": 2.0}


def test_metrics_that_are_not_named_stay_and_none_takes_one_out(run: Run) -> None:
    documents.record_summary(run_id=run.pk, stats={"a": {"last": 1, "min": 0}, "b": {"last": 2}})
    documents.record_summary(run_id=run.pk, stats={"b": None, "c": {"last": "text"}})
    assert summary_of(run) == {"a": 1, "c": "text"}
    assert RunDocument.objects.get(run=run).statistics == {
        "a": {"last": 1, "min": 0},
        "c": {"last": "text"},
    }


def test_only_known_statistics_are_kept(run: Run) -> None:
    stats = {
        "a": {"last": 1.0, "std": 0.1, "min_step": 3, "count": 7, "best": None, "mean": math.nan}
    }
    documents.record_summary(run_id=run.pk, stats=stats)
    kept = json_values.decode(RunDocument.objects.get(run=run).statistics)["a"]
    assert kept.keys() == {"last", "count", "mean"}
    assert (kept["last"], kept["count"]) == (1.0, 7)
    assert math.isnan(kept["mean"])


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (True, True),
        ([1, 2], [1, 2]),
        ({"a": 1}, {"a": 1}),
        ("x" * 5000, "x" * 1000),
    ],
)
def test_any_last_value_is_shown(run: Run, last: Any, shown: Any) -> None:
    documents.record_summary(run_id=run.pk, stats={"k": {"last": last}})
    assert json_values.strict(summary_of(run)) == {"k": shown}


def test_large_structures_are_left_out_of_the_summary(run: Run) -> None:
    documents.record_summary(run_id=run.pk, stats={"k": {"last": [0] * 10_000}, "j": {"last": 1}})
    assert summary_of(run) == {"j": 1}


@pytest.mark.parametrize("key", ["$float", "$dict", "$text", "a.b", "学", "x" * 512])
def test_metrics_of_any_name(run: Run, key: str) -> None:
    documents.record_summary(run_id=run.pk, stats={key: {"last": 1}})
    documents.update_summary(run_id=run.pk, set_values={f"{key}2": 2})
    documents.update_summary(run_id=run.pk, set_values={key: "mine"})
    documents.update_summary(run_id=run.pk, delete=[key])
    documents.define_metric(run_id=run.pk, key=key, definition={"goal": "minimize"})
    assert summary_of(run) == {key: 1, f"{key}2": 2}
    definitions = json_values.decode(RunDocument.objects.get(run=run).definitions)
    assert definitions == {key: {"goal": "minimize"}}


def test_ten_thousand_metrics_are_kept_and_later_ones_left_out(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "MAX_KEYS", 3)
    documents.record_summary(run_id=run.pk, stats={f"k{n}": {"last": n} for n in range(5)})
    documents.record_summary(run_id=run.pk, stats={"k9": {"last": 9}, "k1": {"last": 7}})
    assert summary_of(run) == {"k0": 0, "k1": 7, "k2": 2}


def test_the_same_again_writes_nothing(run: Run) -> None:
    documents.record_summary(run_id=run.pk, stats={"a": {"last": 1}})
    RunDocument.objects.filter(run=run).update(is_stale=False)
    documents.record_summary(run_id=run.pk, stats={"a": {"last": 1}})
    documents.update_summary(run_id=run.pk, delete=["a"])
    assert not RunDocument.objects.get(run=run).is_stale
