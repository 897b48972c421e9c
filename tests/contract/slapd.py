"""A real OpenLDAP server on a free port, with data of its own in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live_server import free_port

START_S = 30
BASE = "dc=lab,dc=example"
ADMIN = f"cn=admin,{BASE}"
PASSWORD = "directory horse battery"


def programs() -> Path:
    """Return the path of slapd, or skip with the reason why it cannot be used."""
    pytest.importorskip("ldap", reason="python-ldap is not installed (scripts/setup.sh ldap)")
    found = shutil.which("slapd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/libexec")
    if found is None or not Path("/etc/ldap/schema/core.schema").exists():
        pytest.skip("slapd is not installed (apt-get install slapd)")
    return Path(found)


@contextmanager
def directory(folder: Path, entries: str) -> Iterator[str]:
    """Serve these entries (LDIF below the base); yield the server's URL."""
    slapd = programs()
    (folder / "db").mkdir()
    config = folder / "slapd.conf"
    config.write_text(
        f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
database mdb
maxsize 16777216
suffix "{BASE}"
rootdn "{ADMIN}"
rootpw "{PASSWORD}"
directory {folder}/db
""",
        encoding="utf-8",
    )
    load = [str(slapd.with_name("slapadd")), "-f", str(config)]
    subprocess.run(load, input=entries.encode(), check=True, capture_output=True)
    port = free_port()
    url = f"ldap://127.0.0.1:{port}"
    serve = [str(slapd), "-f", str(config), "-h", url, "-d", "0"]
    process = subprocess.Popen(serve, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield url
    finally:
        process.terminate()
        process.wait(START_S)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"slapd ended with {process.returncode}.")
        try:
            socket.create_connection(("127.0.0.1", port), START_S).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("slapd did not answer.")


def person(uid: str, *, mail: str = "", password: str = PASSWORD) -> str:
    """Return the LDIF of somebody."""
    address = f"mail: {mail}\n" if mail else ""
    return f"""
dn: uid={uid},ou=people,{BASE}
objectClass: inetOrgPerson
uid: {uid}
cn: {uid.title()} of the lab
sn: {uid}
{address}userPassword: {password}
"""


def group(name: str, *members: str) -> str:
    """Return the LDIF of a group of people, or of groups (`cn=…`)."""
    lines = "\n".join(
        f"member: {name},ou=groups,{BASE}"
        if name.startswith("cn=")
        else f"member: uid={name},ou=people,{BASE}"
        for name in members
    )
    return f"\ndn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n{lines}\n"


def tree(*entries: str) -> str:
    """Return the LDIF of a directory with these entries."""
    head = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Lab
dc: lab

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{BASE}
objectClass: organizationalUnit
ou: groups
"""
    return head + "".join(entries)
