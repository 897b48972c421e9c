"""Every write about projects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core import clock, live
from apps.core.errors import Conflict, Invalid
from apps.core.text import is_storable, normalise
from apps.orgs.actor import Actor
from apps.orgs.models import Org
from apps.projects.models import Project

# What may be changed of a project. Its org, author and number of runs may not.
EDITABLE = frozenset({"slug", "name", "description", "visibility", "tags"})
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
    """Make a project.

    Raises Conflict `project_exists` when the org has one of this name, Invalid naming what cannot be used.
    """
    project = Project(
        org=org,
        slug=normalise(slug),
        name=normalise(name.strip()),
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
        raise _exists(project) from None
    return project


@transaction.atomic
def update_project(*, project: Project, **changes: Any) -> Project:
    """Change a project's slug, name, description, visibility or tags.

    Links and scripts that use an old slug get "not found": it is free for another project at once. Raises
    Conflict `project_exists`, Invalid naming what cannot be used.
    """
    if not changes.keys() <= EDITABLE:
        raise ValueError(f"not to be changed here: {sorted(changes.keys() - EDITABLE)}")
    if "tags" in changes:
        changes["tags"] = clean_tags(changes["tags"])
    if "slug" in changes:
        changes["slug"] = normalise(changes["slug"])
    if "name" in changes:
        changes["name"] = normalise(changes["name"].strip())
    was_public = project.is_public
    for field, value in changes.items():
        setattr(project, field, value)
    project.updated_at = clock.now()
    _check(project)
    try:
        with transaction.atomic():
            project.save(update_fields=[*changes, "updated_at"])
    except IntegrityError:
        raise _exists(project) from None
    if was_public and not project.is_public:
        live.recheck(live.group_name(project.pk))
    return project


@transaction.atomic
def delete_project(*, project: Project) -> None:
    """Put a project with its runs in the trash. Its name is free again at once."""
    kept = Project.objects.select_for_update(no_key=True).filter(pk=project.pk, deleted_at=None)
    _set_deleted(kept.first(), clock.now())
    live.recheck(live.group_name(project.pk))


@transaction.atomic
def restore_project(*, project: Project) -> None:
    """Take a project out of the trash; raise Conflict `project_exists` when its name is used again."""
    try:
        with transaction.atomic():
            trash = Project.objects.select_for_update(no_key=True).exclude(deleted_at=None)
            _set_deleted(trash.filter(pk=project.pk).first(), None)
    except IntegrityError:
        raise _exists(project) from None


def _set_deleted(project: Project | None, at: datetime | None) -> None:
    if project is not None:
        project.deleted_at = at
        project.save(update_fields=["deleted_at"])


def _exists(project: Project) -> Conflict:
    return Conflict(
        _("%(org)s has a project %(project)s already.")
        % {"org": project.org.slug, "project": project.slug},
        code="project_exists",
    )


def clean_tags(tags: list[str]) -> list[str]:
    """Strip and de-duplicate tags, keeping their order; raise Invalid when there are too many or one is too long."""
    stripped = (normalise(tag.strip()) for tag in tags)
    cleaned = list(dict.fromkeys(tag for tag in stripped if tag))
    if len(cleaned) > MAX_TAGS:
        raise Invalid(
            _("At most %(count)d tags.") % {"count": MAX_TAGS},
            fields={"tags": [_("%(count)d tags were given.") % {"count": len(cleaned)}]},
        )
    for tag in cleaned:
        if len(tag) > MAX_TAG_LENGTH or not is_storable(tag):
            message = _("A tag has at most %(count)d characters and no NUL.") % {
                "count": MAX_TAG_LENGTH
            }
            shown = tag[:40].replace("\0", "")
            raise Invalid(message, fields={"tags": [f"{message} ({shown}…)"]})
    return cleaned


def _check(project: Project) -> None:
    try:
        project.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(_("This project cannot be saved."), fields=error.message_dict) from None
