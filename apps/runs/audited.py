"""What of runs is audited: what people set and what became of them. Points are data; configs have their own history."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from apps.audit.refused import register_finder
from apps.audit.subjects import register
from apps.runs.models import RetentionRule, Run, RunGroupObjectPermission, RunUserObjectPermission

# What the run itself tells, and what never changes.
NOISE = {
    "uid",
    "project",
    "created_by",
    "created_at",
    "started_at",
    "heartbeat_at",
    "ended_at",
    "last_step",
    "resumed_count",
    "creation_key",
}
STATE_VERBS: dict[str, str] = {
    Run.State.RUNNING: "resume",
    Run.State.FINISHED: "finish",
    Run.State.FAILED: "fail",
    Run.State.CRASHED: "crash",
    Run.State.KILLED: "kill",
}


def connect() -> None:
    """Have their changes recorded, and what is refused about them."""
    register_finder(_find)
    register(
        Run,
        "run",
        exclude=NOISE,
        org=lambda run: run.project.org_id,
        project=lambda run: run.project_id,
        verbs={"delete": "purge"},
        values={"state": STATE_VERBS},
    )
    register(
        RetentionRule,
        "retention",
        exclude={"changed_at"},
        org=lambda rule: rule.org_id or (rule.project.org_id if rule.project else None),
        project=lambda rule: rule.project_id,
    )
    for model in (RunUserObjectPermission, RunGroupObjectPermission):
        register(
            model,
            "share",
            org=lambda share: share.content_object.project.org_id,
            project=lambda share: share.content_object.project_id,
            verbs={"create": "add", "update": "change", "delete": "remove"},
        )


def _find(words: Mapping[str, str]) -> Run | None:
    """Find a run by its uid, or by its ID in a project."""
    if "run" not in words:
        return None
    named = Q(uid=words["run"])
    if {"org", "project"} <= words.keys():
        place = {"project__org__slug": words["org"], "project__slug": words["project"]}
        named = Q(short_id=words["run"], **place)
    return Run.objects.filter(named, deleted_at=None).select_related("project").first()
