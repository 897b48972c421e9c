#!/bin/sh
# Make .venv and install into it what the server needs (`setup.sh run`), or tests and checks too (`setup.sh dev`).
# Does nothing when that has been done already.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}
case $kind in
    run) file=requirements.txt ;;
    dev) file=requirements-dev.txt ;;
    *) echo "setup.sh: say run or dev" >&2; exit 2 ;;
esac

find_python() {
    for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    echo "wanLLMDB needs Python 3.11 or newer: install it, or name it like PYTHON=/opt/python3.12/bin/python3 make run." >&2
    exit 1
}

if ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
    python=$(find_python)
    if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        echo "Python's venv module is missing: install it (Debian and Ubuntu: apt-get install python3-venv) and try again." >&2
        exit 1
    fi
    echo "Making .venv with $("$python" --version) …"
    rm -rf .venv
    "$python" -m venv .venv
fi

stamp=.venv/.installed-$kind
wanted=$(cksum <"$file")
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "Installing $file …"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$file"
    echo "$wanted" >"$stamp"
fi
