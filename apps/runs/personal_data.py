"""What runs hold of a person: all of it for an export, and the names of their machine to be cleared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.orgs.models import User
from apps.runs.models import Run, RunDocument

FACTS = (
    *("short_id", "uid", "name", "state", "group", "job_type", "notes"),
    *("created_at", "started_at", "ended_at", "exit_code", "deleted_at"),
)
DOCUMENTS = ("config", "summary", "git", "environment")
# What may name a machine, a person or their folders.
NAMES = ("host", "user", "cwd", "executable", "command")
CHUNK = 200


def read_runs(user: User) -> Iterator[dict[str, Any]]:
    """Yield a person's runs with their documents, those in the trash too."""
    runs = Run.objects.filter(created_by=user).select_related("project__org", "document")
    for run in runs.prefetch_related("tags").order_by("pk").iterator(chunk_size=CHUNK):
        yield {
            "project": str(run.project),
            **{name: getattr(run, name) for name in FACTS},
            "tags": run.tag_names,
            **{name: getattr(run.document, name) for name in DOCUMENTS},
        }


def scrub_environments(user: User) -> int:
    """Take host, user and folder names out of the environments of a person's runs; return of how many."""
    count = 0
    documents = RunDocument.objects.filter(run__created_by=user).only("environment")
    for document in documents.iterator(chunk_size=CHUNK):
        kept = {key: item for key, item in document.environment.items() if key not in NAMES}
        if kept != document.environment:
            # The facts are written anew from it, and forget them too.
            RunDocument.objects.filter(pk=document.pk).update(environment=kept, is_stale=True)
            count += 1
    return count
