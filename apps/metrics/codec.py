"""How one column of numbers becomes bytes, and back, bit for bit.

Metrics are mostly float32 numbers in float64 clothes: as float32, with the bytes of equal weight side by
side (a byte shuffle), zstd takes them to 2.5–3.4 bytes a value. Steps and times are stored as differences,
which are small; a regular column (0, 1, 2 …, or one value) is two numbers whatever its length.
"""

import struct
import threading
from enum import IntEnum

import numpy as np
import zstandard
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

# Below this, zstd's frame costs more than it saves.
_MIN_COMPRESSED = 64
_UNCOMPRESSED = 0x80
_LINEAR = struct.Struct("<qq")
_PACKED = struct.Struct("<qqBB")
_WIDTHS: tuple[type[np.unsignedinteger], ...] = (np.uint8, np.uint16, np.uint32, np.uint64)
_EXACT = 2.0**53

_local = threading.local()


class Encoding(IntEnum):
    """How a column's bytes are to be read. Stored in every directory: numbers are never reused."""

    LINEAR = 1  # first and stride
    PACKED = 2  # offsets from the least, of the values or of their differences, in 1–8 bytes each
    FLOAT32 = 3
    FLOAT64 = 4
    SAME = 5  # one float64 for all rows
    FLOAT_INTS = 6  # whole numbers: LINEAR behind it
    FLOAT_PACKED = 7  # whole numbers: PACKED behind it
    TIMES = 8  # PACKED over the bit patterns, which grow evenly with the value
    TEXTS = 9  # lengths, then UTF-8


def compress(data: bytes) -> bytes:
    """Compress with zstd-1, the level that keeps up with the disk."""
    try:
        compressor = _local.compressor
    except AttributeError:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=1)
    return bytes(compressor.compress(data))


def decompress(data: bytes) -> bytes:
    """Undo `compress`. Only for what this server wrote: there is no limit on the size."""
    try:
        decompressor = _local.decompressor
    except AttributeError:
        decompressor = _local.decompressor = zstandard.ZstdDecompressor()
    return bytes(decompressor.decompress(data))


def _squeeze(encoding: Encoding, data: bytes) -> tuple[int, bytes]:
    if len(data) >= _MIN_COMPRESSED:
        packed = compress(data)
        if len(packed) < len(data):
            return encoding, packed
    return encoding | _UNCOMPRESSED, data


def _expand(encoding: int, data: bytes) -> bytes:
    return data if encoding & _UNCOMPRESSED else decompress(data)


def _shuffle(values: NDArray[np.generic]) -> bytes:
    width = values.dtype.itemsize
    if width == 1:
        return values.tobytes()
    return np.ascontiguousarray(values.view(np.uint8).reshape(-1, width).T).tobytes()


def _unshuffle(data: bytes, dtype: type[np.generic]) -> NDArray[np.generic]:
    width = np.dtype(dtype).itemsize
    if width == 1:
        return np.frombuffer(data, dtype)
    planes = np.frombuffer(data, np.uint8).reshape(width, -1)
    values = np.empty((planes.shape[1], width), np.uint8)
    for plane in range(width):
        values[:, plane] = planes[plane]
    return values.view(dtype).ravel()


def encode_ints(values: Ints) -> tuple[int, bytes]:
    """Return the encoding and bytes of whole numbers: steps, row numbers, counts."""
    linear = _linear(values)
    if linear is not None:
        return Encoding.LINEAR | _UNCOMPRESSED, linear
    return _pack(Encoding.PACKED, values)


def _linear(values: Ints) -> bytes | None:
    if len(values) == 0:
        return _LINEAR.pack(0, 0)
    if len(values) == 1:
        return _LINEAR.pack(int(values[0]), 0)
    differences = np.diff(values)
    if (differences == differences[0]).all():
        return _LINEAR.pack(int(values[0]), int(differences[0]))
    return None


def _pack(encoding: Encoding, values: Ints) -> tuple[int, bytes]:
    """Store offsets from the least value, or from the least difference where that is narrower.

    All arithmetic wraps at 2**64, so the extremes of int64 come back too.
    """
    differences = np.diff(values)
    is_differences = _range(differences) < _range(values)
    chosen = differences if is_differences else values
    base = int(chosen.min())
    offsets = (chosen - np.int64(base)).view(np.uint64)
    top = int(offsets.max())
    width = next(w for w, dtype in enumerate(_WIDTHS) if top <= np.iinfo(dtype).max)
    head = _PACKED.pack(int(values[0]), base, width, is_differences)
    encoding_, data = _squeeze(encoding, _shuffle(offsets.astype(_WIDTHS[width])))
    return encoding_, head + data


def _range(values: Ints) -> int:
    return int(values.max()) - int(values.min())


def decode_ints(encoding: int, data: bytes, count: int) -> Ints:
    """Return the `count` whole numbers that `encode_ints` was given."""
    kind = encoding & ~_UNCOMPRESSED
    if kind == Encoding.LINEAR:
        first, stride = _LINEAR.unpack(data)
        # Not arange(first, stop, stride): the stop may lie beyond int64.
        return np.arange(count, dtype=np.int64) * np.int64(stride) + np.int64(first)
    if kind != Encoding.PACKED:
        raise ValueError(f"encoding {encoding} holds no whole numbers")
    return _unpack(encoding, data, count)


def _unpack(encoding: int, data: bytes, count: int) -> Ints:
    first, base, width, is_differences = _PACKED.unpack_from(data)
    offsets = _unshuffle(_expand(encoding, data[_PACKED.size :]), _WIDTHS[width])
    values: Ints = offsets.astype(np.uint64).view(np.int64) + np.int64(base)
    if not is_differences:
        return values
    total = np.empty(count, np.int64)
    total[0] = first
    np.cumsum(values, out=total[1:])
    total[1:] += np.int64(first)
    return total


def encode_floats(values: Floats) -> tuple[int, bytes]:
    """Return the encoding and bytes of float64 numbers; NaNs keep their bits, zeros their sign."""
    bits = values.view(np.int64)
    if len(values) and (bits == bits[0]).all():
        return Encoding.SAME | _UNCOMPRESSED, bits[:1].tobytes()
    whole = _whole(values)
    if whole is not None:
        linear = _linear(whole)
        if linear is not None:
            return Encoding.FLOAT_INTS | _UNCOMPRESSED, linear
        return _pack(Encoding.FLOAT_PACKED, whole)
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = values.astype(np.float32)
        if np.array_equal(narrow.astype(np.float64).view(np.int64), bits):
            return _squeeze(Encoding.FLOAT32, _shuffle(narrow))
    return _squeeze(Encoding.FLOAT64, _shuffle(values))


def _whole(values: Floats) -> Ints | None:
    """Return the values as int64 where that loses nothing (−0.0 would lose its sign)."""
    if len(values) == 0 or not (abs(values[0]) < _EXACT and values[0] == int(values[0])):
        return None  # The usual case, told by the first value.
    if not (np.abs(values) < _EXACT).all():
        return None
    whole = values.astype(np.int64)
    return (
        whole
        if np.array_equal(whole.astype(np.float64).view(np.int64), values.view(np.int64))
        else None
    )


def decode_floats(encoding: int, data: bytes, count: int) -> Floats:
    """Return the `count` numbers that `encode_floats` was given."""
    kind = encoding & ~_UNCOMPRESSED
    if kind == Encoding.FLOAT32:
        return _unshuffle(_expand(encoding, data), np.float32).astype(np.float64)
    if kind == Encoding.FLOAT64:
        return _unshuffle(_expand(encoding, data), np.float64)  # type: ignore[return-value]  # the dtype is an argument
    if kind == Encoding.SAME:
        return np.full(count, np.frombuffer(data, np.float64)[0])
    if kind == Encoding.FLOAT_INTS:
        return decode_ints(Encoding.LINEAR, data, count).astype(np.float64)
    if kind == Encoding.FLOAT_PACKED:
        return _unpack(encoding, data, count).astype(np.float64)
    raise ValueError(f"encoding {encoding} holds no floats")


def encode_times(values: Floats) -> tuple[int, bytes]:
    """Return the encoding and bytes of ascending float64 numbers.

    Between two powers of two the bit patterns of floats are evenly spaced, so their differences are as
    small as the differences of the times, without any rounding.
    """
    if len(values) < 2:
        return _squeeze(Encoding.FLOAT64, _shuffle(values))
    return _pack(Encoding.TIMES, values.view(np.int64))


def decode_times(encoding: int, data: bytes, count: int) -> Floats:
    """Return the `count` numbers that `encode_times` was given."""
    if encoding & ~_UNCOMPRESSED == Encoding.TIMES:
        return _unpack(encoding, data, count).view(np.float64)
    return decode_floats(encoding, data, count)


def encode_texts(texts: list[bytes]) -> tuple[int, bytes]:
    """Return the encoding and bytes of UTF-8 texts."""
    lengths = np.fromiter(map(len, texts), np.uint32, len(texts))
    return _squeeze(Encoding.TEXTS, lengths.tobytes() + b"".join(texts))


def decode_texts(encoding: int, data: bytes, count: int) -> list[bytes]:
    """Return the `count` texts that `encode_texts` was given."""
    expanded = _expand(encoding, data)
    ends = np.cumsum(np.frombuffer(expanded, np.uint32, count), dtype=np.int64) + 4 * count
    texts = []
    start = 4 * count
    for end in ends.tolist():
        texts.append(expanded[start:end])
        start = end
    return texts
