#!/bin/sh
# Install the system packages that the tests use, where this user may (root, or sudo that asks no password).
# What cannot be had is left out by the tests that need it, and named on their last lines.
set -u

has_postgres() {
    command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}
has_chromium() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
        || command -v google-chrome >/dev/null 2>&1
}
has_chinese_font() {
    command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh family 2>/dev/null | head -n 1)" ]
}

missing=""
has_postgres || missing="$missing postgresql"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
has_chromium || missing="$missing chromium"
has_chinese_font || missing="$missing fontconfig fonts-noto-cjk"
command -v msgfmt >/dev/null 2>&1 || missing="$missing gettext"
command -v slapd >/dev/null 2>&1 || [ -x /usr/sbin/slapd ] || missing="$missing slapd"
command -v gcc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
[ -e /usr/include/ldap.h ] || missing="$missing libldap-dev"
[ -e /usr/include/sasl/sasl.h ] || missing="$missing libsasl2-dev"
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Not installed on this system:$missing."
    exit 0
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "To run every test, install once: sudo apt-get install$missing"
    exit 0
fi
echo "Installing$missing …"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -qq update >/dev/null 2>&1
# One by one: a package that this release lacks must not keep the others away.
for package in $missing; do
    $as_root apt-get -qq install -y --no-install-recommends "$package" >/dev/null 2>&1 \
        || echo "apt-get could not install $package."
done
