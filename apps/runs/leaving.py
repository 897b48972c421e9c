"""What ends on runs when somebody leaves an org."""

from __future__ import annotations

from typing import Any

from apps.projects.leaving import within_left
from apps.runs.models import RunUserObjectPermission


def end_grants(sender: Any, org_id: int, user_id: int, **kwargs: Any) -> None:
    """Take back what a person was given on the runs of an org that they left.

    Connected to orgs.events.member_left, within its transaction.
    """
    RunUserObjectPermission.objects.filter(
        within_left(org_id, user_id, "content_object__project__org"), user_id=user_id
    ).delete()
