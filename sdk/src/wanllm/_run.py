"""A run as the training script sees it. Nothing here waits for disk or network, or raises."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, SupportsInt

from wanllm._config import Config, Summary
from wanllm._notice import say, shielded, warn_once
from wanllm._values import SIMPLE, plain, snapshot

if TYPE_CHECKING:
    from wanllm._folder import RunFolder
    from wanllm._pipeline import Pipeline
    from wanllm._settings import Settings

_I64 = 1 << 63
_SUMMARIES = frozenset({"best", "first", "last", "max", "mean", "min", "none"})
_live: weakref.WeakSet[Run] = weakref.WeakSet()


class Run:
    """One execution of a script, made by `init`. Use it from any thread.

    After `fork`, or sent to another process by pickle, it writes to the same run through a stream
    of its own, started by the first call that logs something.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        info: dict[str, Any],
        folder: RunFolder | None,
        label: str,
        is_child: bool = False,
    ) -> None:
        body = info["body"]
        self.id: str = body["id"]
        self.name: str = body.get("name") or body["id"]
        self.group: str = body.get("group") or ""
        self.job_type: str = body.get("job_type") or ""
        self.tags: tuple[str, ...] = tuple(body.get("tags") or ())
        self.notes: str = body.get("notes") or ""
        self.project: str = info["project"]
        self.org: str | None = info.get("org")
        self.url: str | None = info.get("url")
        self.mode = settings.mode
        self.stop_requested = False
        self.exit_code: int | None = None
        # A copy all the way down: the body is sent later, and must not show later changes.
        self.config = Config(plain(body.get("config") or {}), self._publish)
        self.summary = Summary(self._publish)
        self._settings = settings
        self._info = info
        self._folder = folder
        self._label = label
        self._is_child = is_child
        self._is_finished = False
        self._next_step = 0
        self._lock = threading.RLock()  # a signal handler may log within a log()
        self._pipeline: Pipeline | None = None
        _live.add(self)

    @property
    def dir(self) -> Path | None:
        """The folder of the local log; None in disabled mode. `wanllm sync` takes it."""
        return self._folder.path if self._folder else None

    @property
    def step(self) -> int:
        """The step that the next log() without a step will have."""
        return self._next_step

    def log(self, data: Mapping[str, Any], step: SupportsInt | None = None) -> None:
        """Store one row of values at a step: the given one, or one more than the largest so far.

        Costs microseconds and never raises. Nested mappings become keys joined with "/". Steps may
        repeat and come in any order; rows of one step are shown as one.
        """
        try:
            now = time()
            for value in data.values():
                if type(value) not in SIMPLE:
                    row: dict[str, Any] = {}
                    for key, item in data.items():
                        snapshot(row, key, item)
                    break
            else:
                row = dict(data)
            if row:
                self._add(now, row, step)
        except Exception as error:  # noqa: BLE001 - the boundary to the user's training loop
            warn_once("log", f"log() failed and the row was skipped: {error!r}")

    def _add(self, now: float, row: dict[str, Any], given: SupportsInt | None) -> None:
        pipeline = self._pipeline or self._attach()
        if pipeline is None:
            return
        step = given if given is None or type(given) is int else _whole_number(given)
        if step is not None and not -_I64 <= step < _I64:
            raise ValueError(f"step {step} does not fit into 64 bits")
        with self._lock:
            if step is None:
                step = self._next_step
            if step >= self._next_step:
                self._next_step = step + 1
            pipeline.add_row((step, now, row))

    @shielded
    def define_metric(
        self,
        name: str,
        *,
        step_metric: str | None = None,
        summary: str | Iterable[str] | None = None,
        goal: str | None = None,
        hidden: bool | None = None,
    ) -> None:
        """Say how a metric, or all that match a pattern such as "val/*", is shown and summarised.

        `summary`: any of min, max, mean, best, first, last, none. `goal`: "minimize", "maximize".
        """
        if goal not in (None, "minimize", "maximize"):
            raise ValueError(f'goal is "minimize" or "maximize", not {goal!r}')
        wanted = (
            [summary] if isinstance(summary, str) else None if summary is None else list(summary)
        )
        unknown = sorted(set(wanted or ()) - _SUMMARIES)
        if unknown:
            raise ValueError(f"summary takes {', '.join(sorted(_SUMMARIES))}, not {unknown}")
        definition = {
            "step_metric": step_metric,
            "summary": wanted,
            "goal": goal,
            "hidden": hidden,
        }
        said = {key: value for key, value in definition.items() if value is not None}
        self._publish({"kind": "define", "key": name, **said})

    @shielded
    def finish(self, exit_code: int = 0, *, state: str | None = None) -> None:
        """End the run: write what waits, send it, and wait a bounded time for the server.

        What is left when the time is up stays on disk, and the command that sends it is printed. In
        a forked or spawned child this ends the child's stream only. Calling it twice does nothing.
        """
        if self._is_finished:
            return
        self._is_finished = True
        self.exit_code = exit_code
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is None:
            return
        record: dict[str, Any] = {"kind": "finish", "exit_code": exit_code}
        if state is not None:
            record["state"] = state
        pipeline.console.stop()
        try:
            is_confirmed = pipeline.close(None if self._is_child else record)
        except KeyboardInterrupt:  # the second Ctrl-C: leave now, everything is on disk
            is_confirmed = False
        from wanllm._closing import close_folder

        close_folder(pipeline, self._settings, is_confirmed=is_confirmed, is_child=self._is_child)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        from wanllm._exit import outcome_of

        self.finish(**outcome_of(kind, error))

    def __repr__(self) -> str:
        return f"<wanllm.Run {self.project}/{self.id}>"

    def __reduce__(self) -> Any:
        """Travel to another process as "the run of this folder"."""
        if self._folder is None:
            return _disabled_run, (self._info,)
        return _attached_run, (str(self._folder.path), self._settings, self._label, self._next_step)

    def start(self) -> Pipeline:
        """Begin writing; called once by init."""
        self._pipeline = self._new_pipeline()
        return self._pipeline

    def abandon(self) -> None:
        """Undo start() where the server said that this run may not be; nothing was logged yet."""
        self._is_finished = True
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.console.stop()
            pipeline.close(None)
            if self._folder is not None:
                self._folder.remove_stream(pipeline.stream)
                self._folder.remove_if_empty()

    def _new_pipeline(self) -> Pipeline:
        from wanllm._pipeline import Pipeline

        return Pipeline(
            settings=self._settings,
            folder=self._folder,
            info=self._info,
            label=self._label,
            is_child=self._is_child,
            on_created=self._learn,
            on_commands=self._obey,
        )

    def _publish(self, record: dict[str, Any]) -> None:
        try:
            pipeline = self._pipeline or self._attach()
            if pipeline is not None:
                pipeline.publish(record)
        except Exception as error:  # noqa: BLE001 - the boundary to the user's training loop
            warn_once("publish", f"a {record.get('kind')} change was not stored: {error!r}")

    def _attach(self) -> Pipeline | None:
        """Return a pipeline of this process where there is none yet: the first log in a child."""
        if self.mode == "disabled":
            return None
        if self._is_finished:
            warn_once("finished", "the run is finished; what is logged now is not stored.")
            return None
        with self._lock:
            if self._pipeline is None:
                self._label = f"{self._label} pid {os.getpid()}"
                if self._folder is not None:
                    self._info = self._folder.load()
                self._pipeline = self._new_pipeline()
                from wanllm._exit import finish_with_child

                finish_with_child(self)
        return self._pipeline

    def _learn(self, run: dict[str, Any]) -> None:
        """Take over what the server decided: names, address, and where a resumed run continues."""
        self.name, self.org, self.url = run["name"], run["org"], run["url"]
        if self._is_child:
            return
        if self._info["body"]["resume"] != "never":
            last_step = run.get("last_step")
            if isinstance(last_step, int):
                self._next_step = max(self._next_step, last_step + 1)
            if isinstance(run.get("config"), dict):
                self.config = Config(run["config"], self._publish)
        say(f"run {self.name} at {self.url}")

    def _obey(self, commands: list[str]) -> None:
        if "stop" in commands and not self.stop_requested:
            self.stop_requested = True
            say("the server asks this run to stop: run.stop_requested is True now.")

    def _become_child(self) -> None:
        """In a forked child: forget the parent's threads, locks and buffers, which stayed there."""
        self._lock = threading.RLock()
        self._pipeline = None
        self._is_child = True


def _whole_number(step: Any) -> int:
    """Return a step given as a numpy integer, a tensor or a whole float; raise ValueError."""
    whole = int(step)
    if whole != step:
        raise ValueError(f"the step {step!r} is not a whole number")
    return whole


def _attached_run(folder: str, settings: Settings, label: str, next_step: int) -> Run:
    """Unpickle a run: the same object in its own process, elsewhere one with its own stream."""
    for run in list(_live):
        if run.dir == Path(folder):
            return run
    from wanllm._folder import RunFolder

    place = RunFolder(Path(folder))
    info = place.load()
    run = Run(settings=settings, info=info, folder=place, label=label, is_child=True)
    run._next_step = next_step
    return run


def _disabled_run(info: dict[str, Any]) -> Run:
    from wanllm._init import disabled_run

    return disabled_run(info)


def _after_fork_in_child() -> None:
    for run in list(_live):
        run._become_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
