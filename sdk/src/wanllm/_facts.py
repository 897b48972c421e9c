"""Where a run comes from and what it runs on. Collected once, on a thread of its own."""

from __future__ import annotations

import getpass
import os
import platform
import re
import shlex
import socket
import subprocess  # nosec B404 # asks git and the driver
import sys
from pathlib import Path
from typing import Any

from wanllm._version import __version__

MAX_DIFF_BYTES = 256 << 10
_GIT_TIMEOUT_S = 3.0
_SECRET_OPTION = re.compile(r"key|token|secret|passw|credential", re.IGNORECASE)


def collect_facts(*, with_git: bool) -> dict[str, Any]:
    """Return {"environment": …, "git": …}; what can't be found out is left out."""
    git = collect_git(Path.cwd()) if with_git else {}
    return {"environment": collect_environment(), "git": git}


def collect_environment() -> dict[str, Any]:
    environment: dict[str, Any] = {
        "host": socket.gethostname(),
        "os": platform.platform(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "command": command_line(sys.argv),
        "cwd": str(Path.cwd()),
        "cpu": _cpu_name(),
        "cpu_count": os.cpu_count() or 1,
        "packages": installed_packages(),
        "sdk": f"wanllm {__version__}",
        "user": _user(),
        "pid": os.getpid(),
    }
    memory_bytes = _memory_bytes()
    if memory_bytes is not None:
        environment["memory_bytes"] = memory_bytes
    return environment


def command_line(arguments: list[str]) -> str:
    """Return the command as typed, with the values of options like --api-key hidden."""
    shown: list[str] = []
    hide_next = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        is_option = name.startswith("-")
        if hide_next and not is_option:
            shown.append("***")
        elif is_option and equals and _SECRET_OPTION.search(name):
            shown.append(f"{shlex.quote(name)}=***")
        else:
            shown.append(shlex.quote(argument))
        hide_next = is_option and not equals and _SECRET_OPTION.search(name) is not None
    return " ".join(shown)


def installed_packages() -> dict[str, str]:
    """Return {name: version} read off the folder names on sys.path: no file is opened."""
    packages: dict[str, str] = {}
    for entry in sys.path:
        try:
            names = sorted(item.name for item in os.scandir(entry or "."))
        except OSError:
            continue
        for name in names:
            stem, dot, kind = name.rpartition(".")
            if dot and kind in ("dist-info", "egg-info"):
                package, _, version = stem.partition("-")
                packages.setdefault(package.replace("_", "-").lower(), version.partition("-")[0])
    return dict(sorted(packages.items()))


def collect_git(folder: Path) -> dict[str, Any]:
    """Return commit, branch, remote, dirty, message and diff of the work tree around `folder`."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {}
    # Untracked files don't make a tree dirty: most trees have some that no code reads.
    status = _git(folder, "status", "--porcelain", "--untracked-files=no")
    found: dict[str, Any] = {"commit": commit, "dirty": bool(status)}
    remote = _git(folder, "remote", "get-url", "origin")
    facts = {
        "branch": _git(folder, "rev-parse", "--abbrev-ref", "HEAD"),
        "remote": remote and without_credentials(remote),
        "message": _git(folder, "log", "-1", "--format=%s"),
        "diff": _diff(folder) if status else None,
    }
    found.update({name: fact for name, fact in facts.items() if fact})
    return found


def without_credentials(remote: str) -> str:
    """Return a remote's URL without password and token: https://TOKEN@host/x → https://host/x."""
    scheme, separator, rest = remote.partition("://")
    if not separator:
        return remote  # git@host:path holds no secret
    authority, slash, path = rest.partition("/")
    login, _, host = authority.rpartition("@")
    if scheme == "ssh" and login:
        host = f"{login.partition(':')[0]}@{host}"
    return f"{scheme}://{host}{slash}{path}"


def _diff(folder: Path) -> str | None:
    diff = _git(folder, "diff", "HEAD", "--no-color", "--no-ext-diff")
    if diff is not None and len(diff.encode("utf-8", "replace")) > MAX_DIFF_BYTES:
        cut = diff.encode("utf-8", "replace")[:MAX_DIFF_BYTES].decode("utf-8", "ignore")
        return f"{cut}\n… cut at {MAX_DIFF_BYTES >> 10} KiB"
    return diff


def _git(folder: Path, *arguments: str) -> str | None:
    # No prompt, no lock: collecting facts must not disturb a git command in another window.
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell  # nosec B603 B607
            ["git", *arguments],  # noqa: S607 - the user's own git is the right one
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    text = done.stdout.decode("utf-8", "replace").replace("\0", "").strip()
    return text if done.returncode == 0 and text else None


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _memory_bytes() -> int | None:
    try:
        import psutil

        return int(psutil.virtual_memory().total)
    except ImportError:
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return ""
