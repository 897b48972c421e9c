"""Starting a run: settings, folder, pipeline, hooks."""

from __future__ import annotations

import os
import re
import secrets
import socket
import string
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from wanllm._config import to_mapping
from wanllm._errors import Error
from wanllm._exit import finish_with_process
from wanllm._folder import create_folder
from wanllm._notice import forget, warn_once
from wanllm._pipeline import Pipeline
from wanllm._run import Run
from wanllm._settings import Settings, resolve
from wanllm._uploader import new_run_info

RESUME = ("never", "allow", "must")
_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,64}\Z")
_ID_LETTERS = string.ascii_lowercase + string.digits
_FATAL = ("run_exists", "run_not_found", "run_deleted")


def start_run(
    *,
    project: str | None,
    config: object,
    name: str | None,
    id: str | None,
    resume: bool | str | None,
    group: str | None,
    job_type: str | None,
    tags: Iterable[str] | None,
    notes: str | None,
    mode: str | None,
    dir: str | os.PathLike[str] | None,
) -> Run:
    """Start a run as `init` describes it."""
    forget()
    directory = None if dir is None else os.fspath(dir)
    settings = resolve(project=project, mode=mode, directory=directory)
    env = os.environ
    run_id = id or env.get("WANLLM_RUN_ID") or None
    body = _body(
        run_id=run_id,
        resume=_resume(resume if resume is not None else env.get("WANLLM_RESUME")),
        config=config,
        name=name or env.get("WANLLM_NAME"),
        group=group or env.get("WANLLM_GROUP"),
        job_type=job_type or env.get("WANLLM_JOB_TYPE"),
        notes=notes or env.get("WANLLM_NOTES"),
        tags=_tags(tags, env),
    )
    info = new_run_info(
        base_url=settings.base_url, org=settings.org, project=settings.project, body=body
    )
    if settings.mode == "disabled":
        return Run(settings=settings, info=info, folder=None, label="")
    return _start(settings, info, must_wait=run_id is not None)


def disabled_run(info: dict[str, Any]) -> Run:
    """Return a run that stores nothing, for a disabled run that was pickled."""
    return Run(settings=resolve(mode="disabled"), info=info, folder=None, label="")


def _start(settings: Settings, info: dict[str, Any], *, must_wait: bool) -> Run:
    folder = create_folder(settings.directory, info["body"]["id"])
    if folder is not None:
        folder.save(info)
    run = Run(settings=settings, info=info, folder=folder, label=_label())
    pipeline = run.start()
    if settings.console:
        pipeline.console.start()
    finish_with_process(run)
    if settings.mode == "online" and not settings.api_key:
        warn_once(
            "key",
            f"there is no API key for {settings.base_url}: run `wanllm login` or set "
            "WANLLM_API_KEY. The script goes on; records are kept on disk.",
        )
    elif settings.mode == "online" and must_wait:
        _wait_for_server(run, pipeline, settings)
    return run


def _wait_for_server(run: Run, pipeline: Pipeline, settings: Settings) -> None:
    """Learn of a run that may exist already where it left off, or that it may not be used.

    A server that doesn't answer in time holds nothing up: the run is created or resumed later.
    """
    sender = pipeline.sender
    if not pipeline.wait_until_settled(settings.init_timeout_s):
        warn_once(
            "init",
            f"{settings.base_url} did not answer in {settings.init_timeout_s:g} s; the script goes "
            "on. If the run is resumed, give log() its step: where it left off is not known.",
        )
    elif sender is not None and sender.refusal is not None and sender.refusal.code in _FATAL:
        message = sender.refusal.message
        run.abandon()
        raise Error(message)


def _body(
    *,
    run_id: str | None,
    resume: str,
    config: object,
    name: str | None,
    group: str | None,
    job_type: str | None,
    notes: str | None,
    tags: list[str],
) -> dict[str, Any]:
    if run_id is not None and not _ID.match(run_id):
        raise Error(
            f"id {run_id!r} cannot be used: it takes 1 to 64 letters, digits, - _ and dots."
        )
    if run_id is None and resume == "must":
        raise Error('resume="must" needs the id of the run.')
    body: dict[str, Any] = {
        "id": run_id or "".join(secrets.choice(_ID_LETTERS) for _ in range(8)),
        "resume": resume,
        "started_at": datetime.now(timezone.utc).isoformat(),
        "config": to_mapping(config),
    }
    texts = {"name": name, "group": group, "job_type": job_type}
    body.update({key: _text(value, 200) for key, value in texts.items() if value})
    if notes:
        body["notes"] = _text(notes, 100_000)
    if tags:
        body["tags"] = tags
    return body


def _resume(resume: bool | str | None) -> str:
    if resume is None or resume is False or resume == "":
        return "never"
    if resume is True:
        return "allow"
    if resume not in RESUME:
        raise Error(f"resume is True or one of {', '.join(RESUME)}, not {resume!r}.")
    return str(resume)


def _tags(tags: Iterable[str] | None, env: Mapping[str, str]) -> list[str]:
    if isinstance(tags, str):
        tags = [tags]
    given = tags if tags is not None else env.get("WANLLM_TAGS", "").split(",")
    cleaned = dict.fromkeys(_text(str(tag).strip(), 100) for tag in given)
    return [tag for tag in cleaned if tag][:50]


def _text(text: str, limit: int) -> str:
    """Cut a text to what the server takes, and say so where that loses something."""
    text = str(text).replace("\0", "")
    if len(text) > limit:
        warn_once(f"long:{text[:40]}", f'"{text[:40]}…" was cut to {limit} characters.')
    return text[:limit].strip()


def _label() -> str:
    """Name this writer among a run's others: its rank where a launcher gives one, or its host."""
    for variable in ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK"):
        if os.environ.get(variable, "").isdigit():
            return f"rank {os.environ[variable]}"
    return socket.gethostname()
