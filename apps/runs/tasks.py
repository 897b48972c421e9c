"""Background work on runs: ids in, service called, safe to repeat."""

from celery import shared_task

from apps.runs import facts, services


@shared_task(ignore_result=True)
def index_run(run_id: int) -> None:
    """Bring a run's facts up to date with its documents."""
    facts.index_run(run_id)


@shared_task(ignore_result=True)
def index_stale_runs() -> None:
    """Bring up to date what a pause or a lost task left behind."""
    facts.index_stale_runs()


@shared_task(ignore_result=True)
def mark_crashed_runs() -> None:
    """Mark the runs that have not been heard of for too long."""
    services.mark_crashed_runs()
