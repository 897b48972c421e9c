"""What run pages show of metrics and of the console."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.template import Context

from apps.metrics import store
from apps.metrics.templatetags.run_failure import run_failure
from apps.metrics.templatetags.run_metrics import likely_goal, read_run_metrics, run_metrics
from apps.runs import documents, services
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_run


def logged(run: Run, records: list[dict[str, Any]]) -> Run:
    assert store.append(run=run, stream=uuid4(), records=records).refused == []
    return Run.objects.with_documents().get(pk=run.pk)


def rows(key: str, values: list[float]) -> dict[str, Any]:
    return {"kind": "rows", "steps": list(range(len(values))), "columns": {key: values}}


def printed(run: Run, lines: list[str]) -> Run:
    records = [
        {
            "kind": "console",
            "lines": [[n, float(n), "stderr", text] for n, text in enumerate(lines)],
        }
    ]
    return logged(run, records)


@pytest.mark.parametrize(
    ("key", "goal"),
    [
        ("val/loss", "minimize"),
        ("eval/Accuracy", "maximize"),
        ("train/lr", None),
        ("reward/loss", "maximize"),
    ],
)
def test_goal_is_what_was_defined_or_what_the_name_says(key: str, goal: str | None) -> None:
    assert likely_goal(key, {"reward/*": {"goal": "maximize"}}) == goal


def test_metrics_show_last_best_and_its_step(cast: Cast) -> None:
    run = logged(make_run(cast.mnist, cast.ann), [rows("val/loss", [3.0, 1.0, 2.0])])
    found = read_run_metrics(run)
    (row,) = found.rows
    assert (row.key, row.last, row.best, row.best_step) == ("val/loss", 2.0, 1.0, 1)
    assert (found.point_count, found.curve_count, found.strips) == (3, 1, ["val/loss"])


def test_summary_of_the_user_stands_beside_and_over_the_metrics(cast: Cast) -> None:
    run = logged(make_run(cast.mnist, cast.ann), [rows("acc", [0.1, 0.2])])
    documents.update_summary(run_id=run.pk, set_values={"acc": 0.9, "verdict": "good"})
    run = Run.objects.with_documents().get(pk=run.pk)
    found = {row.key: row for row in read_run_metrics(run).rows}
    assert found["acc"].last == 0.9
    assert (found["verdict"].last, found["verdict"].is_number) == ("good", False)


def test_metrics_are_read_once_a_page(cast: Cast, django_assert_num_queries: Any) -> None:
    run = logged(make_run(cast.mnist, cast.ann), [rows("acc", [0.1, 0.2])])
    context = Context()
    with context.render_context.push_state(template=None):  # type: ignore[arg-type]  # as at the start of a page
        first = run_metrics(context, run)
        with django_assert_num_queries(0):
            assert run_metrics(context, run) is first


def test_cause_is_the_last_error_that_was_printed(cast: Cast) -> None:
    run = printed(
        make_run(cast.mnist, cast.ann),
        [
            "step 1",
            "Traceback (most recent call last):",
            "  raise ValueError",
            "\x1b[31mValueError: no\x1b[0m",
            "bye",
        ],
    )
    run = services.finish_run(run=run, exit_code=1)
    failure = run_failure(run)
    assert failure is not None
    assert (failure.text, failure.line) == ("ValueError: no", 4)


def test_run_that_went_well_has_no_cause(cast: Cast) -> None:
    run = printed(make_run(cast.mnist, cast.ann), ["RuntimeError: ignored"])
    assert run_failure(run) is None
    assert run_failure(services.finish_run(run=run, exit_code=0)) is None


def test_failure_without_words_has_no_cause(cast: Cast) -> None:
    run = printed(
        make_run(cast.mnist, cast.ann), ["Error: of a shell, not of Python", "see ValueError: docs"]
    )
    assert run_failure(services.finish_run(run=run, exit_code=1)) is None
