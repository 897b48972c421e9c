"""A whole wanLLMDB server in a process of its own, for tests that need a real one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_S = 120  # The first start of a checkout prepares static files.
STOP_S = 30


def free_port() -> int:
    """Return a port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class LiveServer:
    """`manage.py serve` on a free port with data of its own; what it prints goes to `log`."""

    data_dir: Path
    variables: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data_dir.with_name(f"{self.data_dir.name}.log")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def environment(self) -> dict[str, str]:
        """Return the environment of this server and of commands on its data."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WANLL")}
        return {
            **clean,
            "DJANGO_SETTINGS_MODULE": "wanllmdb.settings",
            "WANLLMDB_DATA_DIR": str(self.data_dir),
            "WANLLMDB_HOST": "127.0.0.1",
            "WANLLMDB_PORT": str(self.port),
            "WANLLMDB_RATE_CREDENTIALS": "1000/min",
            **self.variables,
        }

    def start(self) -> None:
        """Start, and return when it answers. Raises RuntimeError with its log if it ends instead."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(
                    f"The server ended with {self.process.returncode}:\n{self.log.read_text()}"
                )
            if self.is_up():
                return
            time.sleep(0.05)
        raise RuntimeError(f"The server did not answer in {START_S} s:\n{self.log.read_text()}")

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=START_S) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait for the end and return the exit status; 0 if it did not run."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(
                f"The server did not stop in {STOP_S} s:\n{self.log.read_text()}"
            ) from None
        finally:
            self.process = None

    def kill9(self) -> None:
        """End it as a power cut would; the port and the data stay for the next `start`."""
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        """Stop it in good order and start it again on the same port and data."""
        self.stop()
        self.start()

    def manage(self, *arguments: str) -> str:
        """Run a management command on this server's data, while it runs or not; return what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(),
            check=False,
            capture_output=True,
            text=True,
            timeout=START_S,
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def adduser(self, username: str, *options: str) -> str:
        """Make a user and return a fresh API key of theirs."""
        answer = json.loads(self.manage("adduser", username, *options))
        return str(answer["api_key"])


def copy_of(template: Path, folder: Path) -> Path:
    """Return a data folder in `folder` that starts where `template` stands, which saves the migrations."""
    return Path(shutil.copytree(template, folder / "data"))
