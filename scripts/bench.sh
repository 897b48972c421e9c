#!/bin/sh
# Take every measurement of docs/performance.md, on throw-away databases. Best on a machine that does nothing else.
set -eu
cd "$(dirname "$0")/.."
# Absolute: the measurements run it in folders of their own.
peers="$PWD/build/peers/bin/python"
if [ ! -x "$peers" ] || ! "$peers" -c 'import mlflow, wandb' 2>/dev/null; then
    echo "Installing wandb and MLflow into build/peers, to measure beside …"
    .venv/bin/python -m venv build/peers
    "$peers" -m pip install --quiet --disable-pip-version-check wandb mlflow || peers=""
fi
export peers
exec .venv/bin/python scripts/services.py --durable -- sh -euc '
    python=.venv/bin/python
    $python benchmarks/start.py
    $python benchmarks/ingest.py ${peers:+--mlflow "$peers"}
    $python benchmarks/read.py
    $python benchmarks/search.py
    $python benchmarks/access.py
    $python benchmarks/page.py
    $python benchmarks/sdk_log.py ${peers:+--peers "$peers"}
'
