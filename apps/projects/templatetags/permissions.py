"""What the person who reads a page may do."""

from typing import Any

from django import template

from apps.orgs.permissions import Perm
from apps.projects import access
from apps.projects.models import Project

register = template.Library()


@register.simple_tag(takes_context=True)
def can(context: dict[str, Any], permission: str, project: Project) -> bool:
    """Tell whether the visitor holds a permission: `{% can "project.edit" project as may_edit %}`."""
    return access.can(context["request"].actor, Perm(permission), project)
