"""Background work on runs: ids in, service called, safe to repeat."""

from celery import shared_task

from apps.runs import facts, purging, retention, services


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


@shared_task(ignore_result=True)
def apply_retention() -> None:
    """Put in the trash what the rules of the projects take."""
    retention.apply_rules()


@shared_task(ignore_result=True)
def purge_trash() -> None:
    """Delete for good what has lain in the trash for long enough."""
    purging.purge_trash()
