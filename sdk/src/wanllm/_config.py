"""`run.config` and `run.summary`: mappings whose changes are sent as they happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Callable

from wanllm._errors import Error
from wanllm._notice import shielded, warn_once
from wanllm._values import TOO_LARGE, Unloggable, is_too_large, plain

Publish = Callable[[dict[str, Any]], None]


def to_mapping(config: object) -> dict[str, Any]:
    """Return a config as a plain dict, from a mapping, Namespace, dataclass or any object.

    Values that can't be stored are left out with a warning. Raises Error where nothing is held.
    """
    if config is None:
        return {}
    if isinstance(config, Mapping):
        items: Mapping[Any, Any] = config
    elif hasattr(config, "__dataclass_fields__") and not isinstance(config, type):
        from dataclasses import asdict

        items = asdict(config)  # type: ignore[call-overload]  # the attribute marks a dataclass
    elif hasattr(config, "to_dict"):  # transformers, OmegaConf wrappers
        items = config.to_dict()
    elif hasattr(config, "__dict__"):
        items = vars(config)
    else:
        raise Error(f"a config is a mapping or an object with attributes, not {config!r:.80}.")
    stored: dict[str, Any] = {}
    for key, value in items.items():
        try:
            entry = plain({key: value})
            if is_too_large(entry):
                raise Unloggable(TOO_LARGE)
            stored.update(entry)
        except Unloggable as reason:
            warn_once(f"config:{key}", f'config "{key}" {reason}.')
        except Exception as error:  # noqa: BLE001 - objects of any library may fail in their own way
            warn_once(f"config:{key}", f'config "{key}" could not be read: {error!r}')
    return stored


class Config(MutableMapping[str, Any]):
    """The settings of a run, nested: `config.lr`, `config["lr"]`, `config["opt"]["lr"]` all work.

    Nested mappings come back as Config too, so that a change deep inside is sent as well.
    """

    __slots__ = ("_path", "_publish", "_values")

    def __init__(
        self, values: dict[str, Any], publish: Publish | None, path: tuple[str, ...] = ()
    ) -> None:
        object.__setattr__(self, "_values", values)
        object.__setattr__(self, "_publish", publish)
        object.__setattr__(self, "_path", path)

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        if isinstance(value, dict):
            return Config(value, self._publish, (*self._path, key))
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        self._merge({key: value})

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._send({"delete": [[*self._path, key]]})

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the config has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return f"Config({self._values!r})"

    def __reduce__(self) -> Any:
        """Copies, deep ones and those sent elsewhere, are plain values that send nothing."""
        return Config, (self.as_dict(), None)

    @shielded
    def update(self, *changes: Any, **more: Any) -> None:
        """Merge values in: nested mappings merge, all else replaces. Takes whatever init takes."""
        for change in changes:
            self._merge(to_mapping(change))
        if more:
            self._merge(more)

    def as_dict(self) -> dict[str, Any]:
        """Return a copy as plain dicts."""
        copied: dict[str, Any] = plain(self._values)
        return copied

    def _merge(self, changes: dict[str, Any]) -> None:
        stored = to_mapping(changes)
        _deep_merge(self._values, stored)
        nested: dict[str, Any] = stored
        for key in reversed(self._path):
            nested = {key: nested}
        self._send({"set": nested})

    def _send(self, change: dict[str, Any]) -> None:
        if self._publish is not None:
            self._publish({"kind": "config", **change})


class Summary(MutableMapping[str, Any]):
    """What the script itself says about its outcome.

    Last, min, max and mean of every metric are kept by the server without asking; this holds only
    what was set here.
    """

    __slots__ = ("_publish", "_values")

    def __init__(self, publish: Publish | None) -> None:
        self._values: dict[str, Any] = {}
        self._publish = publish

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._store({key: value})

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        if self._publish is not None:
            self._publish({"kind": "summary", "delete": [key]})

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Summary({self._values!r})"

    def update(self, *changes: Any, **more: Any) -> None:
        """Set several values in one record."""
        merged: dict[str, Any] = {}
        for change in changes:
            merged.update(change)
        self._store({**merged, **more})

    def _store(self, changes: dict[str, Any]) -> None:
        stored = to_mapping(changes)
        self._values.update(stored)
        if stored and self._publish is not None:
            self._publish({"kind": "summary", "set": stored})


def _deep_merge(into: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _deep_merge(into[key], value)
        else:
            into[key] = value
