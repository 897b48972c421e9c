"""What of projects is audited: the projects themselves, and what people and teams are granted on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.audit.refused import register_finder
from apps.audit.subjects import register
from apps.core.text import normalise
from apps.projects.models import (
    Project,
    ProjectGrant,
    ProjectGroupObjectPermission,
    ProjectQuota,
    ProjectUserObjectPermission,
)

GRANT_VERBS = {"create": "add", "update": "change", "delete": "remove"}


def connect() -> None:
    """Have their changes recorded, and what is refused about them."""
    register_finder(_find)
    register(
        Project,
        "project",
        exclude={"created_at", "updated_at", "created_by", "last_run_number"},
        org=lambda project: project.org_id,
        project=lambda project: project.pk,
        verbs={"delete": "purge"},
        switches={"deleted_at": ("delete", "restore")},
    )
    register(
        ProjectGrant,
        "grant",
        exclude={"created_at", "created_by"},
        org=lambda grant: grant.project.org_id,
        project=lambda grant: grant.project_id,
        verbs=GRANT_VERBS,
    )
    register(
        ProjectQuota,
        "quota",
        exclude={"changed_at"},
        org=lambda quota: quota.project.org_id,
        project=lambda quota: quota.project_id,
    )
    for model in (ProjectUserObjectPermission, ProjectGroupObjectPermission):
        register(
            model,
            "share",
            org=lambda share: share.content_object.org_id,
            project=_shared_project_id,
            verbs=GRANT_VERBS,
        )


def _find(words: Mapping[str, str]) -> Project | None:
    if not {"org", "project"} <= words.keys():
        return None
    slug = normalise(words["project"])
    return Project.objects.filter(org__slug=words["org"], slug=slug, deleted_at=None).first()


def _shared_project_id(share: Any) -> int | None:
    found: int = share.content_object_id
    return found
