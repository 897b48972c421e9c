#!/bin/sh
# Make .venv and install into it what the server needs (`setup.sh run`), or tests and checks too (`setup.sh dev`).
# `setup.sh ldap` adds what signing in by LDAP needs; `run` does so by itself where WANLLMDB_LDAP_URL is set.
# Does nothing when that has been done already.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}
case $kind in
    run) file=requirements.txt ;;
    dev) file=requirements-dev.txt ;;
    ldap) file=requirements-ldap.txt ;;
    *) echo "setup.sh: say run, dev or ldap" >&2; exit 2 ;;
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
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$file"; then
        [ "$kind" != ldap ] || echo "python-ldap is compiled: it needs a C compiler and the headers of Python, OpenLDAP and SASL" \
            "(Debian and Ubuntu: apt-get install gcc python3-dev libldap-dev libsasl2-dev)." >&2
        exit 1
    fi
    echo "$wanted" >"$stamp"
fi
if [ "$kind" = run ] && [ -n "${WANLLMDB_LDAP_URL:-}" ]; then
    scripts/setup.sh ldap
fi
