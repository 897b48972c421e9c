"""Background work on points: safe to repeat, and whatever is missed is found again by the next sweep."""

from celery import shared_task

from apps.metrics import sealing, sweeping


@shared_task(ignore_result=True)
def sweep() -> None:
    """Count what has come since the last sweep, and seal what has waited long enough."""
    sweeping.sweep()


@shared_task(ignore_result=True)
def seal_run(run_id: int) -> None:
    """Put all rows of a run into tiles."""
    sealing.seal_run(run_id)
