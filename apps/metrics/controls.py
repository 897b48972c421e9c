"""The records of a stream that say something of the run: config, summary, define, heartbeat, finish.

Checked here, applied by the services of runs in the transaction that stores the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.metrics.values import Refusal, check_key, refuse_unknown
from apps.runs import documents, services
from apps.runs.models import Run

Check = Callable[[Any], bool]

SUMMARIES = frozenset({"min", "max", "mean", "last", "first", "best", "none"})
FINAL_STATES = (Run.State.FINISHED, Run.State.FAILED, Run.State.KILLED)


@dataclass(slots=True)
class Control:
    """A checked record that changes the run itself."""

    kind: str
    fields: dict[str, Any]


def _is_paths(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(path, list) and path and all(isinstance(name, str) for name in path)
        for path in value
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_exit_code(value: Any) -> bool:
    return value is None or (type(value) is int and -(2**31) <= value < 2**31)


# For each kind its fields: the check, and what is accepted in words.
_FIELDS: dict[str, dict[str, tuple[Check, str]]] = {
    "config": {
        "set": (lambda value: isinstance(value, dict), "a mapping"),
        "delete": (_is_paths, 'a list of paths, each a list of keys: [["optimizer", "lr"]]'),
    },
    "summary": {
        "set": (lambda value: isinstance(value, dict), "a mapping"),
        "delete": (_is_texts, "a list of keys"),
    },
    "define": {
        "key": (lambda value: isinstance(value, str), "a key, or a pattern such as val/*"),
        "step_metric": (lambda value: isinstance(value, str), "a key"),
        "summary": (
            lambda value: _is_texts(value) and SUMMARIES.issuperset(value),
            f"a list of {', '.join(sorted(SUMMARIES))}",
        ),
        "goal": (lambda value: value in ("minimize", "maximize"), "minimize or maximize"),
        "hidden": (lambda value: isinstance(value, bool), "true or false"),
    },
    "heartbeat": {},
    "finish": {
        "exit_code": (_is_exit_code, "a whole number"),
        "state": (lambda value: value in FINAL_STATES, "finished, failed or killed"),
    },
}
KINDS = frozenset(_FIELDS)


def parse_control(kind: str, record: Mapping[str, Any]) -> Control:
    """Read a record of one of `KINDS`; raise Refusal."""
    known = _FIELDS[kind]
    refuse_unknown(record, {"kind", *known})
    fields = {name: value for name, value in record.items() if name != "kind"}
    for name, value in fields.items():
        is_good, accepted = known[name]
        if not is_good(value):
            raise Refusal("wrong_type", f"{name} of a {kind} record has to be {accepted}.")
    if kind == "define":
        check_key(fields.get("key"))
    return Control(kind, fields)


def apply_control(control: Control, *, run_id: int, author_id: int | None, at: datetime) -> None:
    """Do what a record says; raises the services' errors."""
    fields = dict(control.fields)
    if control.kind == "config":
        documents.update_config(
            run_id=run_id,
            author_id=author_id,
            set_values=fields.get("set"),
            delete_paths=fields.get("delete"),
        )
    elif control.kind == "summary":
        documents.update_summary(
            run_id=run_id, set_values=fields.get("set"), delete=fields.get("delete")
        )
    elif control.kind == "define":
        documents.define_metric(run_id=run_id, key=fields.pop("key"), definition=fields)
    elif control.kind == "finish":
        services.finish_run(run=Run(pk=run_id), at=at, **fields)
