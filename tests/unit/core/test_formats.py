"""The formats of pages, by the table that the browser's formats are checked against too."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.core import formats

TABLE: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "formats.json").read_text(encoding="utf-8")
)
PLAIN: dict[str, Any] = {
    "count": formats.count,
    "value": formats.value,
    "memory": formats.memory,
    "storage": formats.storage,
}
AT_A_TIME: dict[str, Any] = {"ago": formats.ago, "moment": formats.moment}


def rows(names: Any) -> list[Any]:
    return [
        pytest.param(name, row, id=f"{name}-{row['in']}") for name in names for row in TABLE[name]
    ]


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@pytest.mark.parametrize(("name", "row"), rows(PLAIN))
def test_number_is_written_as_in_the_browser(name: str, row: dict[str, Any]) -> None:
    assert PLAIN[name](*row["in"]) == row["en"] == row["zh"]


@pytest.mark.parametrize("row", TABLE["duration"])
def test_duration_is_written_as_in_the_browser(row: dict[str, Any]) -> None:
    (seconds,) = row["in"]
    assert formats.duration(seconds, "en") == row["en"]
    assert formats.duration(seconds, "zh") == row["zh"]


@pytest.mark.parametrize(("name", "row"), rows(AT_A_TIME))
def test_time_is_written_as_in_the_browser(name: str, row: dict[str, Any]) -> None:
    then, now = (instant(text) for text in row["in"])
    assert AT_A_TIME[name](then, now, UTC, "en") == row["en"]
    assert AT_A_TIME[name](then, now, UTC, "zh") == row["zh"]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (2048, "2,048"),
        (0.003, "0.003"),
        (1e-05, "1e−5"),
        (-0.5, "−0.5"),
        (3e20, "3e20"),
        (True, "true"),
        (None, "null"),
        ("muon", "muon"),
        ([0.9, 0.95], "[0.9, 0.95]"),
        (float("nan"), "NaN"),
    ],
)
def test_config_value_is_written_in_full(item: Any, text: str) -> None:
    assert formats.config(item) == text
