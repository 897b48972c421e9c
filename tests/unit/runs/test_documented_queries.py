"""What docs/query-language.md shows works as it is shown, in both languages."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from apps.runs import facts, patterns, query, tree
from apps.runs.fields import ALIASES, OWN_FIELDS, STATISTICS, read_field
from apps.runs.models import Run

DOCUMENTS = ["docs/query-language.md", "docs/zh/query-language.md"]


def read(name: str) -> str:
    return (Path(settings.BASE_DIR) / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_example_is_read(name: str) -> None:
    blocks = re.findall(r"^```query\n(.*?)^```", read(name), flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) > 10
    for line in lines:
        assert query.parse(line) == query.understand(line)
    (shown,) = re.findall(r"^```json\n(.*?)^```", read(name), flags=re.MULTILINE | re.DOTALL)
    assert query.parse(shown) == json.loads(shown)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_operator_and_limit_is_told(name: str) -> None:
    text = read(name)
    for word in [
        *OWN_FIELDS,
        *ALIASES,
        *facts.GIT_KEYS,
        *facts.ENVIRONMENT_KEYS,
        *Run.State.values,
    ]:
        assert f"`{word}`" in text, word
    for statistic in STATISTICS:
        assert f".{statistic}`" in text
    for operator in set().union(*tree.ALLOWED.values()):
        assert re.search(rf"`{re.escape(operator)}[ `]", text), operator
    for limit in (query.MAX_LENGTH, tree.MAX_CONDITIONS, tree.MAX_LIST, facts.MAX_PATH_BYTES):
        assert f"| {limit:,} |" in text
    assert f"{patterns.MAX_LENGTH} " in text


def test_fields_between_backticks_are_read_as_told() -> None:
    assert read_field("summary.`val loss`.min").places[-1] == ("min", "val loss")
    assert read_field("summary.`loss.min`").places == [("summary", "loss.min")]
