"""What the SDK says to the person at the terminal: short lines on stderr, each kind once."""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable, TypeVar, cast

_said: set[str] = set()
_Function = TypeVar("_Function", bound=Callable[..., Any])


def say(text: str) -> None:
    """Print one line on stderr; never raises, since stderr may be closed or missing."""
    try:
        sys.stderr.write(f"wanllm: {text}\n")
        sys.stderr.flush()
    except Exception:  # noqa: BLE001 - a broken terminal must not break the training
        return


def warn_once(key: str, text: str) -> None:
    """Say `text` the first time this process meets `key`."""
    if key not in _said:
        _said.add(key)
        say(f"warning: {text}")


def forget() -> None:
    """Let every warning be said again; a new run starts with a clean slate."""
    _said.clear()


def shielded(function: _Function) -> _Function:
    """Keep an error inside the SDK away from the training loop: warned once, then None."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the boundary to the user's training loop
            name = function.__name__
            warn_once(
                f"shield:{name}", f"{name}() failed inside the SDK and was skipped: {error!r}"
            )
            return None

    return cast(_Function, guarded)
