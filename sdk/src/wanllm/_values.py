"""Values as people log them: snapshots taken by log(), plain values made later on our own thread.

numpy, torch, JAX and TensorFlow are recognised by what their objects can do and never imported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, Callable

from wanllm._notice import warn_once

SIMPLE = frozenset({float, int, bool, str, type(None)})
MAX_VALUE_BYTES = 1 << 20  # one value that is not a number, as the server allows
MAX_DEPTH = 60  # the server takes 64, counted from the record
TOO_LARGE = "is larger than 1 MiB and was left out; log a smaller value"


class Deferred:
    """A value whose plain form is made later, so that log() does not wait for a GPU."""

    __slots__ = ("nbytes", "resolve")

    def __init__(self, resolve: Callable[[], Any], nbytes: int) -> None:
        self.resolve = resolve
        self.nbytes = nbytes


class Unloggable(Exception):  # noqa: N818 - never raised to a user; says why a value is left out
    """A value that cannot be stored, with the reason as a phrase."""


def snapshot(row: dict[str, Any], key: object, value: Any, depth: int = 0) -> None:
    """Put `value` into `row` so that later changes of it by the caller don't show.

    Nested mappings become keys joined with "/". A GPU tensor is copied on the GPU, without waiting.
    """
    name = key if type(key) is str else str(key)
    if type(value) in SIMPLE:
        row[name] = value
    elif isinstance(value, Mapping) and value and depth < MAX_DEPTH:
        for inner, item in value.items():
            snapshot(row, f"{name}/{inner}", item, depth + 1)
    else:
        try:
            row[name] = _frozen(value)
        except Unloggable as reason:
            warn_once(f"value:{name}", f'the value of "{name}" {reason}.')


def _frozen(value: Any) -> Any:
    if isinstance(value, (float, int, str)):
        return value  # numpy.float64 and enums are subclasses, and cannot change
    if not (hasattr(value, "dtype") and hasattr(value, "shape")):
        return plain(value)
    if _byte_size(value) > MAX_VALUE_BYTES:
        raise Unloggable(TOO_LARGE)
    if hasattr(value, "detach"):
        return _frozen_tensor(value)
    if hasattr(value, "flags") and hasattr(value, "setflags"):  # numpy: an array, or a scalar
        return value.copy() if value.shape else value.item()
    return value  # JAX arrays and TensorFlow tensors cannot change; reading them would wait


def _byte_size(value: Any) -> int:
    count = 1
    for length in value.shape:
        count *= int(length)
    # 2 bytes an item at least, once it is text or msgpack: enough to refuse what can't fit.
    return 2 * count


def _frozen_tensor(tensor: Any) -> Any:
    tensor = tensor.detach()
    if tensor.device.type == "cpu":
        return tensor.item() if tensor.numel() == 1 else tensor.clone()
    copy = tensor.clone()
    if tensor.device.type != "cuda":
        return Deferred(copy.tolist, copy.numel() * copy.element_size())
    # The copy is queued on the caller's stream. Reading it from our thread happens on another one,
    # so the reader has to wait for this mark first.
    copied = sys.modules["torch"].cuda.Event()
    copied.record(sys.modules["torch"].cuda.current_stream(tensor.device))

    def read() -> Any:
        copied.synchronize()
        return copy.tolist()

    return Deferred(read, copy.numel() * copy.element_size())


def plain(value: Any, depth: int = 0) -> Any:
    """Return `value` as None, bool, int, float, str, list or dict, all of it copied.

    Raises Unloggable. Anything unknown becomes its text, since a name is better than nothing.
    """
    if depth > MAX_DEPTH:
        raise Unloggable(f"is nested deeper than {MAX_DEPTH} levels and was left out")
    if value is None or isinstance(value, bool):
        return value
    for kind in (float, int, str):
        if isinstance(value, kind):
            return kind(value) if kind is not str else clean_text(str.__str__(value))
    if isinstance(value, Deferred):
        return plain(value.resolve(), depth)
    if isinstance(value, Mapping):
        return {
            clean_text(str(key)).replace("\0", ""): plain(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth + 1) for item in value]
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return _plain_array(value, depth)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:1000]).decode("utf-8", "replace")
    return clean_text(str(value)[:10_000])


def _plain_array(value: Any, depth: int) -> Any:
    if _byte_size(value) > MAX_VALUE_BYTES:
        raise Unloggable(TOO_LARGE)
    if hasattr(value, "numpy") and not hasattr(value, "tolist"):
        value = value.numpy()  # TensorFlow
    if hasattr(value, "detach"):
        value = value.detach()
    listed = value.tolist()
    while isinstance(listed, list) and len(listed) == 1:
        listed = listed[0]  # one number in an array is a number: torch.tensor([0.5])
    return plain(listed, depth + 1)


def is_too_large(value: Any) -> bool:
    """Tell whether a plain value exceeds 1 MiB as the server counts it: the JSON text it stores.

    One value too large would have its whole record refused, its neighbours too.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return False
    if isinstance(value, str) and 6 * len(value) + 32 < MAX_VALUE_BYTES:
        return False
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # The server stores NaN and infinities, which JSON lacks, in 13 characters more.
    odd = 13 * (text.count("NaN") + text.count("Infinity"))
    return len(text.encode("utf-8", "replace")) + odd + 32 > MAX_VALUE_BYTES


def clean_text(text: str) -> str:
    """Return text that is valid UTF-8: a lone surrogate, as file names may hold, becomes "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
