"""What metrics does on news from the apps below."""

from __future__ import annotations

from typing import Any

from apps.metrics import ingest, purging, summaries, tasks


def on_run_ended(sender: Any, run_id: int, **kwargs: Any) -> None:
    """Note how far a run that has ended came, and seal it, which makes its summary final."""
    summaries.record_last_step(run_id)
    tasks.seal_run.delay(run_id)


def on_run_resumed(sender: Any, run_id: int, **kwargs: Any) -> None:
    """Tell the client where the run left off: its steps go on from there, sealed or not."""
    summaries.record_last_step(run_id)


def on_access_changed(sender: Any, user_id: int, **kwargs: Any) -> None:
    """Ask again what this user may write to."""
    ingest.forget_grants(user_id)


def on_run_purging(sender: Any, run_id: int, **kwargs: Any) -> None:
    """Delete the rows of a run that is deleted for good."""
    purging.delete_rows(run_id)
