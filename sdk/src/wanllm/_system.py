"""CPU and memory of the machine and of this process, sampled every few seconds."""

from __future__ import annotations

import time
from typing import Any

from wanllm._notice import warn_once


class Sampler:
    """Takes a sample when one is due. An interval of 0 turns sampling off."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        # The first sample soon, so that a run of a minute has some.
        self._due = time.monotonic() + min(1.0, interval_s)
        self._psutil: Any = None
        self._process: Any = None

    def take(self) -> dict[str, float] | None:
        """Return {key: value} when a sample is due, else None. Percentages are 0 to 100.

        `process/cpu_percent` may exceed 100: it counts each busy core.
        """
        now = time.monotonic()
        if not self._interval_s or now < self._due:
            return None
        self._due = now + self._interval_s
        try:
            return self._measure()
        except ImportError:
            self._interval_s = 0.0
        except Exception as error:  # noqa: BLE001 - psutil's errors differ by platform
            self._interval_s = 0.0
            warn_once("system", f"CPU and memory are no longer sampled: {error!r}")
        return None

    def _measure(self) -> dict[str, float] | None:
        if self._process is None:
            import psutil

            self._psutil = psutil
            self._process = psutil.Process()
            # Percentages are of the time since the last call: this one begins it.
            psutil.cpu_percent()
            self._process.cpu_percent()
            self._due = time.monotonic() + min(2.0, self._interval_s)
            return None
        memory = self._psutil.virtual_memory()
        with self._process.oneshot():
            return {
                "cpu/percent": float(self._psutil.cpu_percent()),
                "memory/percent": float(memory.percent),
                "memory/used_bytes": float(memory.total - memory.available),
                "process/cpu_percent": float(self._process.cpu_percent()),
                "process/memory_bytes": float(self._process.memory_info().rss),
                "process/threads": float(self._process.num_threads()),
            }
