"""Why a run failed, as far as it said so itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django import template

from apps.metrics import store
from apps.runs.models import Run

register = template.Library()
TAIL_LINES = 200
MAX_LENGTH = 240
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# How Python ends a traceback: the error's class, then mostly a colon and its message.
FINAL_LINE = re.compile(
    r"[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Iteration|Warning)(?::.*)?\Z"
)


@dataclass(frozen=True)
class Failure:
    """The line of the console that tells the cause; `line` counts from 1, as the log's links do."""

    text: str
    line: int


@register.simple_tag
def run_failure(run: Run) -> Failure | None:
    """Return the last error that a failed or crashed run printed, or None."""
    if run.state not in {Run.State.FAILED, Run.State.CRASHED}:
        return None
    console = store.console(run=run, tail=TAIL_LINES)
    first = console.total - len(console.lines) + 1
    for place, (_number, _time, _stream, text) in reversed(list(enumerate(console.lines, first))):
        plain = ANSI.sub("", text).rstrip()
        if FINAL_LINE.match(plain):
            return Failure(plain[:MAX_LENGTH], place)
    return None
