#!/bin/sh
# Run every check, also after one failed, and end with the names of those that did.
set -u
cd "$(dirname "$0")/.."
python=.venv/bin/python
failed=""

check() {
    name=$1
    shift
    echo "--- $name"
    "$@" || failed="$failed, $name"
}

# Show what a command says on standard error only if it failed.
quietly() {
    "$@" 2>"$WANLLMDB_DATA_DIR/said" || {
        cat "$WANLLMDB_DATA_DIR/said"
        return 1
    }
}

# Checks of settings and models must not touch anybody's data.
WANLLMDB_DATA_DIR=$(mktemp -d)
trap 'rm -rf "$WANLLMDB_DATA_DIR"' EXIT
export WANLLMDB_DATA_DIR

check "ruff format" $python -m ruff format --check --quiet .
check "ruff" $python -m ruff check --quiet .
check "ruff format, sdk" $python -m ruff format --check --quiet sdk
check "ruff, sdk" $python -m ruff check --quiet sdk
check "mypy" $python -m mypy
check "mypy, sdk" sh -c "cd sdk && ../$python -m mypy"
check "import-linter" .venv/bin/lint-imports --no-cache
check "djlint" $python -m djlint --quiet --lint --check templates
check "bandit" quietly .venv/bin/bandit --quiet --configfile pyproject.toml --recursive apps wanllmdb manage.py sdk/src
check "pip-audit" $python scripts/audit.py
check "biome" scripts/npm.sh run --silent lint
check "tsc" scripts/npm.sh run --silent types
check "migrations" $python manage.py makemigrations --check --dry-run --verbosity 0
check "Django's checks" env WANLLMDB_BASE_URL=https://example.org WANLLMDB_HSTS_SECONDS=31536000 \
    $python manage.py check --deploy --fail-level WARNING

if [ -n "$failed" ]; then
    echo "Failed: ${failed#, }"
    exit 1
fi
echo "Every check passed."
