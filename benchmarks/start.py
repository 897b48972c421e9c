"""How long a start takes to the first answered request, and what an idle server costs.

    python benchmarks/start.py [--starts 5] [--idle 20]

Each start is `manage.py serve` on data of its own; static files have been collected before, as on any start
but a checkout's first.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.live_server import LiveServer

START_BUDGET_S = 3.0
MEMORY_BUDGET_MIB = 250


def timed_start(server: LiveServer) -> float:
    """Start, and return the seconds until /healthz answered."""
    started = time.perf_counter()
    server.start()
    return time.perf_counter() - started


def idle(server: LiveServer, seconds: float) -> tuple[float, float]:
    """Return the resident memory in MiB and the share of one core used, over `seconds` without a request."""
    process = psutil.Process(server.pid)
    time.sleep(5)  # The worker's own start is not idling.
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return process.memory_info().rss / 2**20, used / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = LiveServer(Path(folder) / "data")
        server.start()
        server.stop()
        again = []
        for _ in range(options.starts):
            again.append(timed_start(server))
            server.stop()
        fresh = LiveServer(Path(folder) / "fresh")
        first = timed_start(fresh)
        fresh.stop()
        server.start()
        memory_mib, cpu = idle(server, options.idle)
        server.stop()
    print(
        f"start: {statistics.median(again):.2f} s to the first answer (median of {len(again)}, worst {max(again):.2f}, "
        f"budget {START_BUDGET_S:.0f}), {first:.2f} s with new data; idle: {memory_mib:.0f} MiB "
        f"(budget {MEMORY_BUDGET_MIB}), {cpu:.1%} of a core"
    )


if __name__ == "__main__":
    main()
