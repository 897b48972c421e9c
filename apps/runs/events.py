"""News of runs for the apps above.

`run_ended` is sent on commit with run_id (int) and uid (str). `run_resumed` is sent with run_id within the
transaction that resumes it: what a receiver brings up to date is in the answer. `run_purging` is sent with
run_id before a run in the trash is deleted for good: a receiver deletes what it has of it, in transactions of its own.
"""

from django.db import transaction
from django.dispatch import Signal

from apps.core import live
from apps.runs import tasks
from apps.runs.models import Run

run_ended = Signal()
run_resumed = Signal()
run_purging = Signal()


def announce(run: Run, *, facts_too: bool = True) -> None:
    """After the commit, tell those who watch the run's project, and have its facts brought up to date."""
    run_id = run.pk
    live.publish(run.project_id, "runs", [run.uid])
    if facts_too:
        transaction.on_commit(lambda: tasks.index_run.delay(run_id), robust=True)


def announce_end(run: Run) -> None:
    """After the commit, tell the apps above that a run has come to its end."""
    run_id, uid = run.pk, run.uid
    # Robust: what was committed stays so, and the client is not told otherwise, whatever a listener does.
    transaction.on_commit(lambda: run_ended.send(sender=Run, run_id=run_id, uid=uid), robust=True)
