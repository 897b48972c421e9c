"""The folder of one run on disk: `run.json`, and for each stream up to three files.

`.spool` holds the records, `.ack` how many of them the server has confirmed; `.end` is there when
no more will come.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from wanllm._notice import warn_once


class RunFolder:
    """Where a run's records lie until the server has confirmed every one of them.

    Any process may hold one; `run.json` is replaced whole, so a reader never sees half of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> dict[str, Any]:
        """Return run.json. Raises OSError or ValueError where there is none."""
        loaded = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        if not isinstance(loaded, dict) or "body" not in loaded:
            raise ValueError(f"{self.path} is not the folder of a run")
        return loaded

    def save(self, info: dict[str, Any]) -> None:
        self._replace("run.json", json.dumps(info, indent=1))

    def change(self, **changes: Any) -> None:
        """Change some fields of run.json; nothing happens where the folder is gone."""
        with contextlib.suppress(OSError, ValueError):
            self.save({**self.load(), **changes})

    def spool_path(self, stream: str) -> Path:
        return self.path / f"{stream}.spool"

    def streams(self) -> list[str]:
        """Return the streams that have a spool here, oldest first."""
        with contextlib.suppress(OSError):
            found = sorted(self.path.glob("*.spool"), key=lambda path: path.stat().st_mtime)
            return [path.stem for path in found]
        return []

    def acknowledged(self, stream: str) -> int:
        """Return how many records the server has confirmed, as far as was noted."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.path / f"{stream}.ack").read_text())
        return 0

    def note_acknowledged(self, stream: str, count: int) -> None:
        with contextlib.suppress(OSError):
            self._replace(f"{stream}.ack", str(count))

    def note_end(self, stream: str) -> None:
        with contextlib.suppress(OSError):
            (self.path / f"{stream}.end").touch()

    def is_being_written(self, header: dict[str, Any]) -> bool:
        """Tell whether a stream may still grow; True where that can't be known."""
        return not (self.path / f"{header['stream']}.end").exists() and _is_writer_alive(header)

    def remove_stream(self, stream: str) -> None:
        for name in (f"{stream}.spool", f"{stream}.ack", f"{stream}.end"):
            with contextlib.suppress(OSError):
                (self.path / name).unlink()

    def remove_if_empty(self) -> None:
        """Remove the folder once no stream is left in it."""
        if not self.streams():
            with contextlib.suppress(OSError):
                (self.path / "run.json").unlink()
                self.path.rmdir()

    def _replace(self, name: str, text: str) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.path)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(temporary).replace(self.path / name)


def create_folder(directory: Path, run_id: str) -> RunFolder | None:
    """Make the folder of a new run, in the temporary directory if `directory` can't be written.

    Returns None where neither can: then records live in memory alone, which is said.
    """
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{run_id}-{uuid.uuid4().hex[:4]}"
    fallback = Path(tempfile.gettempdir()) / f"wanllm-runs-{getattr(os, 'getuid', lambda: 0)()}"
    for root in (directory, fallback):
        try:
            (root / name).mkdir(parents=True, mode=0o700)
            ignore = root / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
        except OSError as error:
            warn_once(f"folder:{root}", f"{root} cannot be written ({error}).")
        else:
            return RunFolder(root / name)
    warn_once(
        "folder:none", "records are kept in memory only: a killed script loses what is unsent."
    )
    return None


def stream_header(stream: str, label: str) -> dict[str, Any]:
    """Return what the first frame of a spool says about its writer."""
    return {
        "stream": stream,
        "label": label,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "created_at": time.time(),
    }


def _is_writer_alive(header: dict[str, Any]) -> bool:
    if header.get("host") != socket.gethostname():
        return True
    try:
        import psutil
    except ImportError:
        return os.name == "nt" or Path(f"/proc/{header.get('pid')}").exists()
    return bool(psutil.pid_exists(int(header.get("pid", 0))))
