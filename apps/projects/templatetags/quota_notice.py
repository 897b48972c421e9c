"""The limit that a project's pages warn of."""

from django import template

from apps.projects import quotas
from apps.projects.models import Project

register = template.Library()


@register.simple_tag
def nearest_limit(project: Project) -> quotas.Limit | None:
    """Return the limit that is nearly or wholly used, if there is one: `{% nearest_limit project as near %}`."""
    return quotas.nearest(quotas.limits_on(project))
