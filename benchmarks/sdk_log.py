"""What one log() of 5 scalars costs the training loop: median and 99th percentile, beside wandb and MLflow.

    python benchmarks/sdk_log.py [--calls 20000] [--peers build/peers/bin/python]

Each client runs in a process of its own, without a server: wanllm and wandb offline, MLflow to local files.
"tight" calls without a pause; "paced" computes for a millisecond between calls, as a fast training step does.
The peers need an environment of their own:
python -m venv build/peers && build/peers/bin/pip install wandb mlflow-skinny
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEDIAN_BUDGET_US = 20
P99_BUDGET_US = 200

MEASURE = """
import json, sys, time
calls, pause_s = int(sys.argv[1]), float(sys.argv[2])
clock, spans = time.perf_counter_ns, []
for step in range(calls):
    row = {"train/loss": 1 / (step + 1), "train/acc": 0.5, "lr": 1e-3, "grad_norm": 2.5, "epoch": step / 100}
    start = clock()
    log(row, step)
    spans.append(clock() - start)
    until = time.perf_counter() + pause_s
    while time.perf_counter() < until:
        sum(range(50))
spans.sort()
print(json.dumps([spans[calls // 2] / 1e3, spans[int(calls * 0.99)] / 1e3, spans[-1] / 1e3]))
finish()
"""
CLIENTS = {
    "wanllm": """
import wanllm
run = wanllm.init(project="bench", mode="offline")
log, finish = run.log, run.finish
""",
    "wandb offline": """
import wandb
run = wandb.init(project="bench", mode="offline", settings=wandb.Settings(silent=True, console="off"))
log, finish = (lambda row, step: run.log(row, step=step)), run.finish
""",
    "mlflow files": """
import os, mlflow
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
mlflow.set_tracking_uri("file:" + os.getcwd())
mlflow.set_experiment("bench")
mlflow.start_run()
log, finish = (lambda row, step: mlflow.log_metrics(row, step=step)), mlflow.end_run
""",
}


def measure(client: str, python: str, calls: int, pause_s: float) -> list[float] | None:
    """Return median, p99 and longest call in µs, or None where the client is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, "-c", CLIENTS[client] + MEASURE, str(calls), str(pause_s)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT / "sdk" / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        print(f"{client}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    return list(map(float, json.loads(lines[-1])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--peers", help="a Python that has wandb and mlflow-skinny")
    options = parser.parse_args()
    is_good = True
    for client in CLIENTS:
        python = sys.executable if client == "wanllm" else options.peers
        if python is None:
            continue
        # MLflow takes milliseconds a call: a tenth of the calls says as much.
        calls = options.calls if client != "mlflow files" else options.calls // 10
        for pattern, pause_s in (("tight", 0.0), ("paced", 0.001)):
            figures = measure(client, python, calls, pause_s)
            if figures is None:
                continue
            median, p99, longest = figures
            print(
                f"{client}, {pattern}: median {median:.1f} us, p99 {p99:.1f} us, "
                f"longest {longest / 1e3:.1f} ms ({calls} calls)"
            )
            if client == "wanllm":
                is_good = is_good and median < MEDIAN_BUDGET_US and p99 < P99_BUDGET_US
    print(
        f"budget {MEDIAN_BUDGET_US} us median, {P99_BUDGET_US} us p99: {'met' if is_good else 'MISSED'}"
    )
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
