"""Celery's worker and beat as threads of the server, on the in-memory broker (or on Redis if asked to)."""

import os
import threading

from celery.beat import Scheduler, Service
from celery.worker import WorkController, state
from django.conf import settings

from wanllmdb.celery import app

CONCURRENCY = 2


class EmbeddedWorker:
    """Works the queue, and fills it by the schedule, until stopped. A process has one in its life."""

    def __init__(self) -> None:
        # The schedule is kept in memory: its jobs are short periods, and safe to run once more.
        self._beat = Service(app, scheduler_cls=Scheduler)
        self._threads = [
            threading.Thread(target=self._work, name="worker", daemon=True),
            threading.Thread(target=self._beat.start, name="beat", daemon=True),
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        # Celery would run Django's checks before it imports the tasks.
        os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        worker = WorkController(
            app=app,
            pool="threads",
            concurrency=CONCURRENCY,
            loglevel=settings.LOG_LEVEL,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()

    def stop(self, *, deadline_s: float) -> None:
        """Take no more work, and wait at most `deadline_s` for what is under way."""
        self._beat.stop()  # Its thread may sleep on for seconds, and does nothing more.
        state.should_stop = 0  # type: ignore[assignment]  # an exit code; the stub knows only its first value
        self._threads[0].join(deadline_s)
