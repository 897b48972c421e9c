"""`manage.py demo`: twelve real runs on the running server, with nothing to set up first. `make demo` calls it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import subprocess  # nosec B404 # installs and runs the example
import sys
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core import clock
from apps.orgs import services
from apps.orgs.models import User
from wanllmdb.sdk_wheel import build_wheel

ROOT = Path(settings.BASE_DIR)
REQUIREMENTS = ROOT / "requirements-demo.txt"
EXAMPLE = ROOT / "examples" / "digits.py"
ENVIRONMENT = ROOT / "build" / "demo"
PYTHON = ENVIRONMENT / "bin" / "python"
EVERY_HOST = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound  # nosec B104


class Command(BaseCommand):
    """Train with scikit-learn and this checkout's SDK in build/demo, an environment of its own.

    The key is WANLLM_API_KEY. Without it one is made for the first administrator, so that whoever looks sees
    the runs, and revoked at the end; where nobody is there yet, an administrator is made and named.
    """

    help = "Train twelve small networks and log them to the running server."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the command line."""
        parser.add_argument("project", nargs="?", default="digits", help="where the runs go")

    def handle(self, *args: Any, **options: Any) -> None:
        """Install, find a key, train."""
        url = server_url()
        if not is_up(url):
            raise CommandError(f"No server answers at {url}. Start it first: make run")
        self.install()
        with self.api_key(url) as key:
            self.say(f"Training twelve small networks; watch them at {url}")
            done = subprocess.run(  # noqa: S603 - our own example, with the name of a project  # nosec B603
                [PYTHON, EXAMPLE, options["project"]],
                env={
                    **os.environ,
                    "WANLLM_BASE_URL": url,
                    "WANLLM_API_KEY": key,
                    "WANLLM_DIR": str(ENVIRONMENT / "runs"),
                },
                check=False,
            )
        if done.returncode:
            raise CommandError(f"The training ended with {done.returncode}.")

    def install(self) -> None:
        """Make build/demo if it is not there, or not of the present requirements and SDK."""
        wheel = build_wheel(ROOT / "sdk")
        wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + wheel.content).hexdigest()
        stamp = ENVIRONMENT / "installed"
        if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
            return
        self.say("Installing scikit-learn and the SDK into build/demo …")
        if not PYTHON.exists():
            run(sys.executable, "-m", "venv", ENVIRONMENT)
        pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, "-r", REQUIREMENTS)
        path = ENVIRONMENT / wheel.name
        path.write_bytes(wheel.content)
        run(*pip, "--no-deps", "--force-reinstall", path)
        stamp.write_text(wanted, encoding="ascii")

    @contextlib.contextmanager
    def api_key(self, url: str) -> Iterator[str]:
        """Give a key for the server. Raises CommandError where none can be made: it is another machine's."""
        given = os.environ.get("WANLLM_API_KEY")
        if given:
            yield given
            return
        if os.environ.get("WANLLM_BASE_URL"):
            raise CommandError(f"Set WANLLM_API_KEY to a key of {url}.")
        key, secret = services.create_api_key(
            user=self.administrator(),
            name="make demo",
            expires_at=clock.now() + timedelta(hours=1),
        )
        try:
            yield secret
        finally:
            services.revoke_api_key(key=key)

    def administrator(self) -> User:
        """Return the first administrator; make one if nobody is there, and say how to sign in."""
        found = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
        if found is not None:
            return found
        password = secrets.token_urlsafe(12)
        made = services.create_first_administrator(
            username="demo", email="demo@example.org", password=password
        )
        self.say(f"Nobody was there yet. Sign in as demo with the password {password}")
        return made

    def say(self, sentence: str) -> None:
        """Print at once: what follows takes seconds."""
        self.stdout.write(sentence)
        self.stdout.flush()


def run(*command: str | Path) -> None:
    """Run a step of the installation. Raises CommandError; its output has said why."""
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - commands of this file only  # nosec B603
        raise CommandError("The demo's environment could not be made; the lines above say why.")


def server_url() -> str:
    """Return WANLLM_BASE_URL, or the address that `make run` serves on."""
    given = os.environ.get("WANLLM_BASE_URL")
    host = "127.0.0.1" if settings.HOST in EVERY_HOST else settings.HOST
    return (given or f"http://{host}:{settings.PORT}").rstrip("/")


def is_up(url: str) -> bool:
    """Tell whether a server answers there."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:  # noqa: S310 - http(s) only  # nosec B310
            return bool(answer.status == 200)
    except OSError:
        return False
