"""One server a data folder, as long as sockets and background work live in its memory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold(data_dir: Path, *, alone: bool) -> Iterator[None]:
    """Hold the data folder, against other servers too if `alone`.

    Raises SystemExit with a sentence when it cannot be written, or another server holds it. The system lets
    go of the lock when this process ends, however it ends.
    """
    path = data_dir / "server.lock"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        raise SystemExit(
            f"The data folder {data_dir} cannot be written ({error.strerror}): "
            "make it writable or point WANLLMDB_DATA_DIR at another folder."
        ) from None
    with file:
        if alone:
            _lock(file.fileno(), path)
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
        yield


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = path.read_text(encoding="ascii").strip() or "unknown"
        raise SystemExit(
            f"A wanLLMDB server (process {holder}) already works on {path.parent}: stop it first, give this "
            "one another WANLLMDB_DATA_DIR, or set WANLLMDB_REDIS_URL on both to run several."
        ) from None
    except OSError as error:
        raise SystemExit(
            f"The data folder {path.parent} cannot be locked ({error.strerror}): it has to be on a local disk."
        ) from None
