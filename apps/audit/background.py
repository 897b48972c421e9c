"""The door of tasks: each is done for whoever's request sent it, through the door "task"."""

from __future__ import annotations

from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from apps.audit import origin

HEADER = "audit_origin"


def _send_along(headers: dict[str, Any] | None = None, **signal: Any) -> None:
    source = origin.current()
    if headers is not None and source.user_id is not None:
        headers[HEADER] = source.to_dict()


def _enter(task: Any, **signal: Any) -> None:
    sent_by = task.request.get(HEADER)
    if sent_by is None and task.request.is_eager:
        sent_by = origin.current().to_dict()
    task.request.entered_from = origin.enter(origin.of_task(task.name, sent_by))


def _leave(task: Any, **signal: Any) -> None:
    origin.leave(task.request.entered_from)


def connect() -> None:
    """Hear of every task that is sent, begun and ended."""
    before_task_publish.connect(_send_along, dispatch_uid="audit")
    task_prerun.connect(_enter, dispatch_uid="audit")
    task_postrun.connect(_leave, dispatch_uid="audit")
