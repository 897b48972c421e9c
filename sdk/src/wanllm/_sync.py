"""Sending what a script could not: offline runs, killed scripts, children that died."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wanllm._errors import Error, Refused, Retry
from wanllm._folder import RunFolder
from wanllm._http import Client
from wanllm._settings import Settings, resolve_api_key, split_project
from wanllm._spool import SpoolReader
from wanllm._uploader import Uploader, create_run

PARALLEL = 8
MAX_TRIES = 8
_DRAIN_S = 10.0  # for what dead children of a finished run left


@dataclass(frozen=True)
class Unsent:
    """One run folder: how many records it holds and how many the server has confirmed."""

    folder: Path
    info: dict[str, Any]
    records: int
    confirmed: int
    size_bytes: int
    is_alive: bool


@dataclass(frozen=True)
class Synced:
    """What became of one folder. `problem` is None where everything was sent."""

    folder: Path
    sent: int
    url: str
    problem: str | None


def find_folders(paths: list[Path]) -> list[RunFolder]:
    """Return the run folders at or right below `paths`, oldest first. Raises Error."""
    found: dict[Path, RunFolder] = {}
    for path in paths:
        path = path.absolute()
        if (path / "run.json").exists():
            found[path] = RunFolder(path)
        elif path.is_dir():
            found.update({run.parent: RunFolder(run.parent) for run in path.glob("*/run.json")})
        else:
            raise Error(f"{path} is not a folder.")
    return [found[path] for path in sorted(found)]


def inspect(folder: RunFolder) -> Unsent:
    """Return what a folder holds. Raises OSError or ValueError where it can't be read."""
    records = confirmed = size_bytes = 0
    is_alive = False
    for stream in folder.streams():
        reader = _open(folder, stream)
        if reader is None:
            continue
        records += reader.count()
        confirmed += folder.acknowledged(stream)
        size_bytes += folder.spool_path(stream).stat().st_size
        is_alive = is_alive or folder.is_being_written(reader.header)
        reader.close()
    return Unsent(folder.path, folder.load(), records, confirmed, size_bytes, is_alive)


def sync_all(
    folders: list[RunFolder], *, project: str | None, run_id: str | None, keep: bool
) -> Iterator[Synced]:
    """Send folders, up to eight at once; yield each result, in order."""
    if run_id is not None and len(folders) != 1:
        raise Error("--id can be given for one run only.")
    # Not above: this module is also needed at the end of a script, when this import is refused.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        yield from pool.map(
            lambda folder: sync_folder(folder, project=project, run_id=run_id, keep=keep), folders
        )


def sync_folder(
    folder: RunFolder,
    *,
    project: str | None = None,
    run_id: str | None = None,
    keep: bool = False,
) -> Synced:
    """Send everything of one run that the server has not confirmed.

    Safe to repeat, to interrupt, and to run while the script itself still sends: the server skips
    what it has. Removes each stream that is confirmed and whose writer is gone, unless `keep`.
    """
    sent = 0
    url = ""
    try:
        info = _readdressed(folder, project, run_id)
        client = Client(info["base_url"], resolve_api_key(info["base_url"], os.environ))
        try:
            info = _create(client, folder, info)
            url = str(info.get("url") or "")
            for stream in folder.streams():
                sent += _send_stream(client, folder, stream, info["uid"], keep=keep)
        finally:
            client.close()
        if not keep:
            folder.remove_if_empty()
    except (Retry, Refused, OSError, ValueError, KeyError) as error:
        return Synced(folder.path, sent, url, str(error) or type(error).__name__)
    return Synced(folder.path, sent, url, None)


def send_orphans(folder: RunFolder, settings: Settings, *, own_stream: str) -> bool:
    """At the end of a run send what its dead children left; return whether nothing is left unsent.

    Streams whose writer still lives are theirs to send.
    """
    info = folder.load()
    deadline = time.monotonic() + min(_DRAIN_S, settings.finish_timeout_s)
    client = Client(settings.base_url, settings.api_key)
    try:
        for stream in folder.streams():
            if stream == own_stream:
                continue
            reader = _open(folder, stream)
            is_alive = reader is not None and folder.is_being_written(reader.header)
            if reader is not None:
                reader.close()
            if not is_alive:
                _send_stream(
                    client, folder, stream, info["uid"], keep=settings.keep, deadline=deadline
                )
    except (Retry, Refused, OSError, ValueError):
        return False
    finally:
        client.close()
    return True


def _readdressed(folder: RunFolder, project: str | None, run_id: str | None) -> dict[str, Any]:
    """Return run.json, changed for another project or ID where that was asked for."""
    info = folder.load()
    if project is None and run_id is None:
        return info
    if project is not None:
        org, name = split_project(project)
        info.update(org=org, project=name)
    if run_id is not None:
        info["body"]["id"] = run_id
    # Another run than the one that may exist already: it is created anew and gets every record.
    info["uid"] = None
    folder.save(info)
    for stream in folder.streams():
        folder.note_acknowledged(stream, 0)
    return info


def _create(client: Client, folder: RunFolder, info: dict[str, Any]) -> dict[str, Any]:
    if not info.get("uid"):
        run = _patiently(lambda: create_run(client, info))
        info = {**info, "uid": run["uid"], "org": run["org"], "url": run["url"]}
        folder.save(info)
    return info


def _send_stream(
    client: Client,
    folder: RunFolder,
    stream: str,
    uid: str,
    *,
    keep: bool,
    deadline: float | None = None,
) -> int:
    """Send one stream to its end; return how many records it took."""
    reader = _open(folder, stream)
    if reader is None:
        folder.remove_stream(stream)  # killed before its first frame was whole: it holds nothing
        return 0
    uploader = Uploader(
        client=client,
        folder=folder,
        stream=stream,
        label=str(reader.header.get("label", "")),
        records=reader,
    )
    uploader.uid = uid
    start = uploader.acknowledged
    try:
        while _patiently(uploader.send_next, deadline):
            uploader.note()
    finally:
        uploader.note()
        reader.close()
    if not keep and not folder.is_being_written(reader.header):
        folder.remove_stream(stream)
    return uploader.acknowledged - start


def _open(folder: RunFolder, stream: str) -> SpoolReader | None:
    try:
        return SpoolReader(folder.spool_path(stream))
    except (OSError, ValueError):
        return None


def _patiently(action: Any, deadline: float | None = None) -> Any:
    """Call `action` until it answers: 8 times with growing pauses, or until the deadline."""
    for attempt in range(1, MAX_TRIES):
        try:
            return action()
        except Retry as retry:
            jitter = random.uniform(0.5, 1.0)  # noqa: S311 - no secret hangs on it  # nosec B311
            pause = max(min(10.0, 0.25 * 2**attempt) * jitter, retry.after_s or 0.0)
            if deadline is not None and time.monotonic() + pause > deadline:
                raise
            time.sleep(min(pause, 60.0))
    return action()
