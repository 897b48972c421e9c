"""How many runs a project has, for its row of tabs."""

from django import template

from apps.projects.models import Project
from apps.runs.models import Run

register = template.Library()


@register.simple_tag
def run_count(project: Project) -> int:
    """Return the number of runs of a project that was loaded through access."""
    return Run.objects.in_project(project).count()


@register.simple_tag
def running_count(project: Project) -> int:
    """Return how many of them are running."""
    return Run.objects.in_project(project).filter(state=Run.State.RUNNING).count()
