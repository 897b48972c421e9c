"""What the background does every few seconds: heads and summaries of live runs, and tiles of what has gathered."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from apps.core import clock
from apps.metrics import sealing, sql
from apps.runs.models import Run

log = logging.getLogger(__name__)

SEAL_BATCHES = 64
SEAL_POINTS = 65_536
SEAL_AGE = timedelta(seconds=30)
# Sealing that is so far behind is worth a line in the log.
LAG_WARNING = timedelta(minutes=2)
# Counting is for live pages and may fall behind; it takes no more than this of each two seconds.
COUNT_BUDGET_S = 0.5
_KEPT = 100_000

# Up to which batch this process has counted each run, and when.
_counted: dict[int, tuple[int, float]] = {}


def sweep() -> None:
    """Seal the runs whose rows have gathered or waited, or that have ended; count what is new in the others.

    Several sweeps may run at once: each takes the runs in an order of its own, and one that finds a run taken
    goes on to the next.
    """
    now = clock.now()
    waiting: list[tuple[Any, ...]] = sql.fetch(
        "SELECT b.run_id, COUNT(*), SUM(b.points), MIN(b.received_at), MAX(b.id), MAX(r.state) "
        "FROM metrics_batch b JOIN runs_run r ON r.id = b.run_id GROUP BY b.run_id"
    )
    random.shuffle(waiting)
    uncounted: list[tuple[int, int]] = []
    for run_id, batches, points, oldest, newest, state in waiting:
        age = now - sql.read_time(oldest)
        if age > LAG_WARNING:
            log.warning(
                "seal_lag run=%d seconds=%d batches=%d", run_id, age.total_seconds(), batches
            )
        is_due = batches >= SEAL_BATCHES or points >= SEAL_POINTS or age >= SEAL_AGE
        if is_due or state != Run.State.RUNNING:
            _try(sealing.seal_run, run_id)
        elif _counted.get(run_id, (None, 0.0))[0] != newest:
            uncounted.append((run_id, newest))
    _count(uncounted)


def _count(uncounted: list[tuple[int, int]]) -> None:
    """Count runs, those first that have waited longest, until the time is up."""
    end = time.monotonic() + COUNT_BUDGET_S
    for run_id, newest in sorted(uncounted, key=lambda run: _counted.get(run[0], (0, 0.0))[1]):
        if _try(sealing.count_run, run_id):
            if len(_counted) >= _KEPT:
                _counted.clear()
            _counted[run_id] = (newest, time.monotonic())
        if time.monotonic() > end:
            return


def _try(work: Callable[[int], bool], run_id: int) -> bool:
    """Do something with a run; a run that fails is logged and does not keep the others waiting."""
    try:
        return work(run_id)
    except Exception:
        log.exception("sweep_failed run=%d", run_id)
        return False
