"""Every write about projects."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.core import clock
from apps.core.errors import Conflict, Invalid
from apps.orgs.actor import Actor
from apps.orgs.models import Org
from apps.projects.models import Project

MAX_TAGS = 50
MAX_TAG_LENGTH = 100


@transaction.atomic
def create_project(
    *,
    actor: Actor,
    org: Org,
    slug: str,
    name: str = "",
    description: str = "",
    visibility: str = Project.Visibility.PRIVATE,
    tags: list[str] | None = None,
) -> Project:
    """Make a project; raise Conflict `project_exists` when the org has one of this name."""
    project = Project(
        org=org,
        slug=slug,
        name=name,
        description=description,
        visibility=visibility,
        tags=clean_tags(tags or []),
        created_by_id=actor.user_id,
    )
    _check(project)
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError:
        raise Conflict(f"{org.slug} has a project {slug} already.", code="project_exists") from None
    return project


@transaction.atomic
def update_project(*, project: Project, **changes: Any) -> Project:
    """Change a project's slug, name, description, visibility or tags."""
    if "tags" in changes:
        changes["tags"] = clean_tags(changes["tags"])
    for field, value in changes.items():
        setattr(project, field, value)
    project.updated_at = clock.now()
    _check(project)
    try:
        with transaction.atomic():
            project.save(update_fields=[*changes, "updated_at"])
    except IntegrityError:
        raise Conflict(
            f"{project.org.slug} has a project {project.slug} already.", code="project_exists"
        ) from None
    return project


@transaction.atomic
def delete_project(*, project: Project) -> None:
    """Put a project with its runs in the trash. Its name is free again at once."""
    Project.objects.filter(pk=project.pk, deleted_at=None).update(deleted_at=clock.now())


def clean_tags(tags: list[str]) -> list[str]:
    """Strip and de-duplicate tags, keeping their order; raise Invalid when there are too many or one is too long."""
    cleaned = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    if len(cleaned) > MAX_TAGS:
        raise Invalid(
            f"At most {MAX_TAGS} tags.", fields={"tags": [f"{len(cleaned)} tags were given."]}
        )
    for tag in cleaned:
        if len(tag) > MAX_TAG_LENGTH or "\0" in tag:
            raise Invalid(
                f"A tag has at most {MAX_TAG_LENGTH} characters and no NUL.",
                fields={"tags": [tag[:40]]},
            )
    return cleaned


def _check(project: Project) -> None:
    try:
        project.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid("This project cannot be saved.", fields=error.message_dict) from None
