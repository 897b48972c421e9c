"""wanllm logs machine-learning experiments to a wanLLMDB server.

    import wanllm

    run = wanllm.init(project="team/vision", config={"lr": 3e-4})
    for step, loss in train():
        run.log({"train/loss": loss}, step=step)
    run.finish()

log() never waits for disk or network and never raises. See https://pypi.org/project/wanllm or the
README that came with the package for the guarantees.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, SupportsInt

from wanllm._config import Config, Summary
from wanllm._errors import Error
from wanllm._notice import warn_once
from wanllm._run import Run
from wanllm._version import __version__

if TYPE_CHECKING:
    run: Run | None
    config: Config
    summary: Summary

__all__ = [
    "Config",
    "Error",
    "Run",
    "Summary",
    "__version__",
    "config",
    "define_metric",
    "finish",
    "init",
    "log",
    "login",
    "run",
    "summary",
]

_current: Run | None = None


def init(
    project: str | None = None,
    *,
    config: object = None,
    name: str | None = None,
    id: str | None = None,
    resume: bool | str | None = None,
    group: str | None = None,
    job_type: str | None = None,
    tags: Iterable[str] | None = None,
    notes: str | None = None,
    mode: str | None = None,
    dir: str | os.PathLike[str] | None = None,
) -> Run:
    """Start a run and make it the current one; a run that was current is finished.

    `project` is "project" or "org/project". `resume`: "never" (default: an `id` that exists is an
    error), "allow" or True (continue it if it exists), "must". `mode`: "online", "offline" (only
    the local log, for `wanllm sync`), "disabled" (nothing at all). `dir` holds the local log.

    Returns at once, except that with an `id` it waits for the server's answer, at most 20 s
    (WANLLM_INIT_TIMEOUT). A server that is away or refuses the key is warned about and the script
    goes on. Raises Error for arguments that cannot be used, and where an ID may not be.
    """
    global _current
    if _current is not None:
        _current.finish()
    from wanllm._init import start_run

    _current = start_run(
        project=project,
        config=config,
        name=name,
        id=id,
        resume=resume,
        group=group,
        job_type=job_type,
        tags=tags,
        notes=notes,
        mode=mode,
        dir=dir,
    )
    return _current


def log(data: Mapping[str, Any], step: SupportsInt | None = None) -> None:
    """Store one row of values in the current run; see Run.log."""
    if _current is None:
        _warn_no_run("log")
    else:
        _current.log(data, step)


def define_metric(
    name: str,
    *,
    step_metric: str | None = None,
    summary: str | Iterable[str] | None = None,
    goal: str | None = None,
    hidden: bool | None = None,
) -> None:
    """Say how a metric of the current run is shown and summarised; see Run.define_metric."""
    if _current is None:
        _warn_no_run("define_metric")
    else:
        _current.define_metric(
            name, step_metric=step_metric, summary=summary, goal=goal, hidden=hidden
        )


def finish(exit_code: int = 0) -> None:
    """End the current run; see Run.finish."""
    global _current
    if _current is not None:
        _current.finish(exit_code)
        _current = None


def login(api_key: str | None = None, *, base_url: str | None = None) -> str:
    """Check a key with the server, keep it for this machine's user, and return the user's name.

    Without `api_key` it is asked for at the terminal. Raises Error where the server refuses the key
    or does not answer.
    """
    from wanllm._login import login_to

    return login_to(api_key, base_url=base_url)


def _warn_no_run(name: str) -> None:
    warn_once(
        f"no-run:{name}",
        f"{name}() was called without a run and stored nothing: call wanllm.init() first, and in "
        "another process use the Run object that was handed to it.",
    )


def __getattr__(name: str) -> Any:
    """Give `wanllm.run`, `wanllm.config` and `wanllm.summary` of the current run."""
    if name == "run":
        return _current
    if name == "config":
        if _current is None:
            _warn_no_run("config")
        return _current.config if _current is not None else Config({}, None)
    if name == "summary":
        if _current is None:
            _warn_no_run("summary")
        return _current.summary if _current is not None else Summary(None)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
