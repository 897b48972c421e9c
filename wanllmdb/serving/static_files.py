"""Static files are collected (hashed and compressed) when they changed, not at every start."""

import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from wanllmdb.serving.say import Say

# Sources, tools and texts that browsers never ask for.
IGNORED = [
    "CVS",
    ".*",
    "*~",
    "node_modules",
    "*.mjs",
    "package*.json",
    "*.md",
    "redoc",
    "rest_framework",
]


def collect_if_changed(*, say: Say) -> None:
    """Fill STATIC_ROOT if any file that goes there is not what it was the last time."""
    if settings.WHITENOISE_USE_FINDERS:
        return
    root = Path(settings.STATIC_ROOT)
    stamp = root.with_name(f"{root.name}.stamp")
    # Two servers of one checkout may start together.
    with root.with_name(f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint()
        if root.is_dir() and stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
            return
        say("Preparing static files …")
        stamp.unlink(missing_ok=True)
        call_command(
            "collectstatic",
            interactive=False,
            verbosity=0,
            skip_checks=True,
            ignore_patterns=IGNORED,
            use_default_ignore_patterns=False,
        )
        stamp.write_text(wanted, encoding="ascii")


def fingerprint() -> str:
    """Return a digest of every file's place, size and time of change."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(IGNORED):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{storage.path(path)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
