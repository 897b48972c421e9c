"""When a run was last noted as alive by this process: noting it costs a write, so once in a while will do."""

import threading
import time

TOUCH_S = 5.0
_KEPT = 100_000

_lock = threading.Lock()
_noted: dict[int, float] = {}


def is_due(run_id: int) -> bool:
    """Tell whether the run is to be touched now; the caller then does."""
    now = time.monotonic()
    with _lock:
        if now - _noted.get(run_id, -TOUCH_S) < TOUCH_S:
            return False
        if len(_noted) >= _KEPT:
            _noted.clear()
        _noted[run_id] = now
        return True


def forget(run_id: int | None = None) -> None:
    """Touch a run (all runs) at its next message."""
    with _lock:
        if run_id is None:
            _noted.clear()
        else:
            _noted.pop(run_id, None)
