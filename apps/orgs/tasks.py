"""Background work on people: services called, safe to repeat."""

from celery import shared_task

from apps.orgs import services


@shared_task(ignore_result=True)
def prune_sign_ins() -> None:
    """Forget sessions and tokens that have expired."""
    services.prune_sign_ins()
