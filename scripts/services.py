"""Private, throw-away PostgreSQL and Redis servers on free ports, for tests and benchmarks.

    python scripts/services.py [--durable] -- COMMAND …

runs COMMAND with TEST_POSTGRES_URL and TEST_REDIS_URL set; `--durable` as for measuring.

A server whose programs are not installed is left out, and its variable stays unset.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

START_S = 30


@contextmanager
def services(*, is_durable: bool = False) -> Iterator[dict[str, str]]:
    """Start what is installed; yield the variables that name it; stop it and drop its data at the end.

    `is_durable` makes PostgreSQL wait for the disk on every commit, as in production.
    SIGTERM stops it too: otherwise the servers would outlive who started them.
    """
    signal.signal(signal.SIGTERM, _end)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wanllmdb-services-")))
        # The database's own user has to pass through it.
        folder.chmod(0o755)
        variables = {}
        if (programs := _postgres_programs()) is not None:
            variables["TEST_POSTGRES_URL"] = stack.enter_context(
                _postgres(programs, folder / "postgres", is_durable=is_durable)
            )
        if shutil.which("redis-server"):
            variables["TEST_REDIS_URL"] = stack.enter_context(_redis(folder / "redis"))
        yield variables


def run_to_its_end(
    command: Sequence[str],
    variables: dict[str, str],
    *,
    folder: Path | None = None,
    limit_s: float | None = None,
) -> int:
    """Run a command with more variables, in a folder; return its exit status.

    If this process is told to end, the command is interrupted first and may clean up after itself.
    After `limit_s` seconds it is interrupted as well and `subprocess.TimeoutExpired` raised.
    """
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **variables})
    with _stopped_at_the_end(process, signal.SIGINT):
        try:
            return process.wait(limit_s)
        except KeyboardInterrupt:
            process.wait()  # The terminal has interrupted the command too.
            raise


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _postgres_programs() -> Path | None:
    """Return the folder of the newest installed PostgreSQL's programs."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3])
    )
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def _postgres(programs: Path, folder: Path, *, is_durable: bool) -> Iterator[str]:
    folder.mkdir()
    user = _unprivileged()
    if user is not None:
        shutil.chown(folder, user)
    port = _free_port()
    data = folder / "data"
    # Debian's locale for "Unicode, sorted by code point"; macOS has none such.
    locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
    initdb = [
        f"{programs}/initdb",
        "-D",
        str(data),
        "-U",
        "tests",
        "--auth=trust",
        "-E",
        "UTF8",
        f"--locale={locale}",
    ]
    subprocess.run(initdb, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "max_connections": 200,
        # A test's data need not survive a power cut, which is what a measurement pays for.
        "fsync": "on" if is_durable else "off",
        "full_page_writes": "on" if is_durable else "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [f"{programs}/postgres", "-D", str(data), *options],
            user=user,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    ready = [f"{programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    # SIGINT: SIGTERM would wait for every client to leave.
    with _stopped_at_the_end(process, signal.SIGINT):
        _wait(lambda: subprocess.run(ready, check=False).returncode == 0, process, folder / "log")
        yield f"postgresql://tests@127.0.0.1:{port}/postgres"


def _unprivileged() -> str | None:
    """Name a user to run PostgreSQL as, if this is root: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    folder.mkdir()
    port = _free_port()
    log = folder / "log"
    command = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    with _stopped_at_the_end(process, signal.SIGTERM):
        _wait(lambda: _answers(port), process, log)
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _stopped_at_the_end(process: subprocess.Popen[bytes], number: int) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(number)  # Does nothing where the process has ended.
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(
                f"{process.args!r} did not start:\n{log.read_text(errors='replace')}"
            )
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def main(arguments: list[str]) -> int:
    """Run the command that follows `--`; return its exit status."""
    if "--" not in arguments[:2] or arguments[-1] == "--":
        sys.exit(__doc__)
    separator = arguments.index("--")
    with services(is_durable=arguments[:separator] == ["--durable"]) as variables:
        return run_to_its_end(arguments[separator + 1 :], variables)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
