"""Typed readers for `WANLLMDB_*` environment variables.

Junk is refused at start with the variable's name and what it accepts, rather than misread.
An empty variable counts as unset, so that `VAR= make run` is the default.
"""

import difflib
import os
import re
from pathlib import Path
from typing import overload
from urllib.parse import urlsplit


class EnvError(SystemExit):
    """A variable that cannot be used: the process ends with one sentence and exit code 1."""

    def __init__(self, name: str, value: str, accepts: str) -> None:
        super().__init__(f"{name}={value!r} cannot be used: it accepts {accepts}.")


KNOWN: set[str] = set()


def _read(name: str) -> str | None:
    if not name.startswith("WANLLMDB_"):
        raise ValueError(f"{name} is not a WANLLMDB_ variable")
    KNOWN.add(name)
    return os.environ.get(name, "").strip() or None


@overload
def text(name: str, default: str, choices: tuple[str, ...] = ()) -> str: ...
@overload
def text(name: str, default: None = None, choices: tuple[str, ...] = ()) -> str | None: ...
def text(name: str, default: str | None = None, choices: tuple[str, ...] = ()) -> str | None:
    """Read a string, optionally one of `choices`."""
    value = _read(name)
    if value is not None and choices and value not in choices:
        raise EnvError(name, value, "one of " + ", ".join(choices))
    return default if value is None else value


def flag(name: str, default: bool) -> bool:
    """Read a boolean: `true` or `false`, in any case."""
    value = _read(name)
    if value is None:
        return default
    if value.lower() not in {"true", "false"}:
        raise EnvError(name, value, "true or false")
    return value.lower() == "true"


def integer(name: str, default: int, minimum: int, maximum: int) -> int:
    """Read a whole number within [minimum, maximum]."""
    value = _read(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        number = minimum - 1
    if not minimum <= number <= maximum:
        raise EnvError(name, value, f"a whole number from {minimum} to {maximum}")
    return number


RATE = re.compile(r"[1-9][0-9]{0,8}/(?:s|sec|second|m|min|minute|h|hour|d|day)")


def rate(name: str, default: str) -> str:
    """Read a rate such as `300/min`."""
    value = _read(name)
    if value is not None and not RATE.fullmatch(value):
        raise EnvError(name, value, "a count and a period, such as 300/min (s, min, hour or day)")
    return default if value is None else value


def words(name: str, default: list[str]) -> list[str]:
    """Read a comma-separated list."""
    value = _read(name)
    if value is None:
        return default
    found = [word.strip() for word in value.split(",") if word.strip()]
    if not found:
        raise EnvError(name, value, "words separated by commas")
    return found


def directory(name: str, default: Path) -> Path:
    """Read a folder's path; `~` is the home folder."""
    value = _read(name)
    return (default if value is None else Path(value).expanduser()).absolute()


def url(name: str, schemes: tuple[str, ...]) -> str | None:
    """Read a URL with one of `schemes`."""
    value = _read(name)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port  # Reading it is what checks it.
        is_url = parts.scheme in schemes and bool(parts.netloc or parts.path.strip("/"))
    except ValueError:
        is_url = False
    if not is_url:
        accepts = "a URL that begins with " + " or ".join(f"{scheme}://" for scheme in schemes)
        raise EnvError(name, value, accepts)
    return value


def secret(name: str) -> str | None:
    """Read a secret from the variable, or from the file that `NAME_FILE` points at."""
    value = _read(name)
    path = _read(f"{name}_FILE")
    if value is not None or path is None:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except OSError:
        raise EnvError(f"{name}_FILE", path, "the path of a file that can be read") from None


def unknown_variables() -> list[str]:
    """Return a sentence for each set `WANLLMDB_*` variable that no setting reads: most likely a slip of the pen."""
    sentences = []
    for name in sorted(set(os.environ) - KNOWN):
        if name.startswith("WANLLMDB_"):
            close = difflib.get_close_matches(name, KNOWN, n=1)
            hint = f"did you mean {close[0]}?" if close else "docs/operation.md lists them all."
            sentences.append(f"{name} is no variable of wanLLMDB and changes nothing; {hint}")
    return sentences
