"""Settings: argument, then environment, then what `wanllm login` stored, then default.

Nothing is read at import time; `resolve` reads everything once, when a run starts.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wanllm._errors import Error

DEFAULT_BASE_URL = "http://127.0.0.1:8080"
DEFAULT_PROJECT = "uncategorized"
MODES = ("online", "offline", "disabled")


@dataclass(frozen=True)
class Settings:
    """How one run talks to its server and what it collects."""

    base_url: str
    api_key: str | None
    org: str | None
    project: str
    mode: str
    directory: Path
    console: bool
    git: bool
    keep: bool
    system_interval_s: float
    init_timeout_s: float
    finish_timeout_s: float


def resolve(
    *,
    project: str | None = None,
    mode: str | None = None,
    directory: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings of a run. Raises Error, naming the variable, where a value is junk."""
    env = os.environ if env is None else env
    base_url = resolve_base_url(env)
    org, name = split_project(project or env.get("WANLLM_PROJECT") or DEFAULT_PROJECT)
    return Settings(
        base_url=base_url,
        api_key=resolve_api_key(base_url, env),
        org=org,
        project=name,
        mode=_one_of("WANLLM_MODE", mode or env.get("WANLLM_MODE") or "online", MODES),
        directory=Path(directory or env.get("WANLLM_DIR") or "wanllm-runs").absolute(),
        console=_flag(env, "WANLLM_CONSOLE", True),
        git=_flag(env, "WANLLM_GIT", True),
        keep=_flag(env, "WANLLM_KEEP", False),
        system_interval_s=_seconds(env, "WANLLM_SYSTEM_INTERVAL", 10.0),
        init_timeout_s=_seconds(env, "WANLLM_INIT_TIMEOUT", 20.0),
        finish_timeout_s=_seconds(env, "WANLLM_FINISH_TIMEOUT", 30.0),
    )


def resolve_base_url(env: Mapping[str, str], given: str | None = None) -> str:
    """Return the server's URL without a trailing slash: given, environment, last login, default."""
    url = given or env.get("WANLLM_BASE_URL") or _stored().get("default") or DEFAULT_BASE_URL
    url = str(url).strip().rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise Error(f"WANLLM_BASE_URL must start with http:// or https://, not {url!r}.")
    return url


def resolve_api_key(base_url: str, env: Mapping[str, str]) -> str | None:
    """Return the key for this server from the environment or the last login, or None."""
    given = env.get("WANLLM_API_KEY", "").strip()
    if given:
        return given
    entry = _stored().get("servers", {}).get(base_url, {})
    key = entry.get("api_key") if isinstance(entry, dict) else None
    return key if isinstance(key, str) else None


def split_project(project: str) -> tuple[str | None, str]:
    """Split "org/project"; without a slash the project is looked for in the user's own org."""
    parts = project.strip().split("/")
    if len(parts) > 2 or not all(parts):
        raise Error(f'project must be "project" or "org/project", not {project!r}.')
    return (parts[0], parts[1]) if len(parts) == 2 else (None, parts[0])


def credentials_path() -> Path:
    """Return the file that holds the keys of `wanllm login`, one a server."""
    root = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    return (Path(root) if root else Path.home() / ".config") / "wanllm" / "keys.json"


def store_api_key(base_url: str, api_key: str) -> Path:
    """Keep the key of one server, readable by its owner alone, and make that server the default."""
    path = credentials_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = _stored()
    stored.setdefault("servers", {})[base_url] = {"api_key": api_key}
    stored["default"] = base_url
    # mkstemp makes the file 0600 from its first moment; replacing keeps a reader from half a file.
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(stored, out, indent=2)
    Path(temporary).replace(path)
    return path


def _stored() -> dict[str, Any]:
    try:
        stored = json.loads(credentials_path().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # no file, no JSON, or no home folder
        return {}
    return stored if isinstance(stored, dict) else {}


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Error(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def _flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    if not value:
        return default
    if value not in ("1", "0", "true", "false"):
        raise Error(f"{name} must be true or false, not {value!r}.")
    return value in ("1", "true")


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    value = env.get(name, "").strip()
    if not value:
        return default
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e6:
        raise Error(f"{name} must be a number of seconds, 0 or more, not {value!r}.")
    return seconds
