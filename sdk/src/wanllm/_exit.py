"""How the end of the process becomes the end of the run.

Three hooks, installed by the first run: `sys.excepthook` (which exception), `sys.exit` (which code)
and `atexit` (finish). The originals are always called.
"""

from __future__ import annotations

import atexit
import sys
import weakref
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from wanllm._run import Run

KILLED_BY_CTRL_C = 130

_runs: weakref.WeakSet[Run] = weakref.WeakSet()
_outcome: dict[str, Any] = {"exit_code": 0}
_are_hooks_installed = False


def finish_with_process(run: Run) -> None:
    """Finish `run` when this process ends, however Python ends it."""
    _runs.add(run)
    _install_hooks()


def finish_with_child(run: Run) -> None:
    """Finish `run`'s stream when this child process ends."""
    finish_with_process(run)
    # Children made by multiprocessing leave without atexit; its own finalizers do run there.
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, _finish_all, exitpriority=100)


def outcome_of(kind: type[BaseException] | None, error: object) -> dict[str, Any]:
    """Return finish()'s arguments for an exception that ends a run, or for none."""
    if kind is None:
        return {"exit_code": 0}
    if issubclass(kind, SystemExit):
        return {"exit_code": _exit_code(getattr(error, "code", None))}
    if issubclass(kind, KeyboardInterrupt):
        return {"exit_code": KILLED_BY_CTRL_C, "state": "killed"}
    return {"exit_code": 1}


def _exit_code(code: object) -> int:
    """Return what the shell sees of sys.exit(code): None is 0, a text is 1."""
    if code is None:
        return 0
    if not isinstance(code, int):
        return 1
    return code if abs(code) < 1 << 31 else code & 0xFF


def _finish_all() -> None:
    for run in list(_runs):
        run.finish(**_outcome)


def _install_hooks() -> None:
    global _are_hooks_installed
    if _are_hooks_installed:
        return
    _are_hooks_installed = True
    atexit.register(_finish_all)
    excepthook, original_exit = sys.excepthook, sys.exit

    def note_exception(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        _outcome.update(outcome_of(kind, error))
        excepthook(kind, error, trace)

    def note_exit(status: Any = None) -> NoReturn:
        _outcome["exit_code"] = _exit_code(status)
        original_exit(status)

    sys.excepthook = note_exception
    sys.exit = note_exit
