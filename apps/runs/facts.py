"""The search index of runs (being written by engineer D)."""


def index_run(run_id: int) -> None:
    """Bring a run's facts up to date."""
