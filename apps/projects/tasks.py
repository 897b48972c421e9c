"""Background work on projects: services called, safe to repeat."""

from celery import shared_task

from apps.projects import usage


@shared_task(ignore_result=True)
def measure_usage() -> None:
    """Measure what every project and org holds."""
    usage.measure_all()
