"""The style guide: every control, state, token and number format on one page, for those who build pages."""

import re
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core import formats

TOKEN = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
ROWS = [
    {"name": "rest", "value": "63.46", "delta": "+0.80", "delta_css": "better"},
    {"name": "hover", "css": "guide-hover", "value": "63.46", "delta": "−0.05", "delta_css": "worse"},
    {"name": "selected", "is_selected": True, "value": "63.46", "delta": "+0.80", "delta_css": "better"},
    {"name": "keyboard focus", "css": "guide-row-focus", "value": "63.46", "delta": "−0.05", "delta_css": "worse"},
    {"name": "best of its group", "value": "63.70", "value_css": "best", "delta": "+0.80", "delta_css": "better"},
    {"name": "not a number", "value": "NaN", "value_css": "muted", "delta": "–", "delta_css": "muted"},
    {"name": "never logged", "value": "–", "value_css": "muted", "delta": "–", "delta_css": "muted"},
]  # fmt: skip


def _tokens() -> list[dict[str, str]]:
    """Read the colours from the sheet itself, so that this page can't say anything else."""
    path = finders.find("css/tokens.css")
    with open(str(path), encoding="utf-8") as sheet:  # noqa: PTH123 - finders give strings
        found = TOKEN.findall(sheet.read())
    return [{"name": name, "light": light, "dark": dark} for name, light, dark in found]


def _numbers() -> list[dict[str, Any]]:
    return [
        {"name": name, "text": text}
        for name, text in [
            ("loss", formats.value(2.45712)),
            ("accuracy, %", formats.value(63.44)),
            ("count", formats.count(1204330)),
            ("throughput", formats.value(411.83)),
            ("memory", formats.memory(73443994829)),
            ("storage", formats.storage(1.84e12)),
            ("duration", formats.duration(21840)),
            ("short", formats.duration(2.14)),
            ("small", formats.value(0.0000871)),
            ("not a number", formats.value(float("nan"))),
            ("missing", formats.value(None)),
            ("list", formats.config([0.9, 0.95])),
        ]
    ]


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every part in the theme of the page. Served only with WANLLMDB_DEBUG."""
    context = {
        "rows": ROWS,
        "tokens": _tokens(),
        "run_numbers": range(1, 25),
        "numbers": _numbers(),
    }
    return render(request, "core/styleguide.html", context)
