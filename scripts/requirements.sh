#!/bin/sh
# Compile the pinned files: requirements.txt from requirements.in, and so on.
# `scripts/requirements.sh --upgrade` takes the newest versions that the .in files allow.
set -eu
cd "$(dirname "$0")/.."
# The pins hold on Python 3.11 to 3.13, Linux and macOS, wherever the packages come from.
for name in requirements requirements-dev requirements-demo requirements-ldap; do
    CUSTOM_COMPILE_COMMAND="make requirements" .venv/bin/python -m piptools compile --quiet --strip-extras \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
        --output-file "$name.txt" "$@" "$name.in"
done
