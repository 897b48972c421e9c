"""A stream request's body: decompressed within limits, decoded, and taken apart into records.

docs/metrics.md describes the format for people.
"""

from __future__ import annotations

import json
import uuid
import zlib
from dataclasses import dataclass
from typing import Any

import msgpack
import zstandard

from apps.core.errors import AppError, Invalid, LimitExceeded, Malformed
from apps.metrics import codec
from apps.metrics.controls import KINDS as CONTROL_KINDS
from apps.metrics.controls import Control, parse_control
from apps.metrics.records import Rows, parse_console, parse_rows
from apps.metrics.values import Refusal

MAX_REQUEST_BYTES = 32 * 1024 * 1024
MAX_RECORDS = 65_536
MAX_LABEL = 200
# A batch is packed again when it is sealed, so only what is worth a millisecond is compressed.
COMPRESS_FROM_BYTES = 1024

TOO_LARGE = (
    "A request may have at most 32 MiB, before and after decompression. Send fewer records at once."
)
KIND_CODES = {"rows": 0, "system": 1, "console": 2}
KIND_NAMES = {code: kind for kind, code in KIND_CODES.items()}

Record = Rows | Control | Refusal


class UnsupportedMedia(AppError):
    """The body's type or compression is none that is read here (415)."""

    status = 415
    code = "unsupported_media_type"


@dataclass(slots=True)
class StreamRequest:
    """One checked request of one writer. No offset: its records follow those that are there."""

    stream: uuid.UUID
    offset: int | None
    label: str
    records: list[Record]


def parse(body: bytes, content_type: str, content_encoding: str) -> StreamRequest:
    """Return the request in `body`; raise Malformed, Invalid, LimitExceeded or UnsupportedMedia.

    A record that cannot be stored is in its place as a Refusal, and spoils nothing but itself.
    """
    return read_request(_decode(_decompress(body, content_encoding), content_type))


def _decompress(body: bytes, encoding: str) -> bytes:
    """Undo `Content-Encoding`, never making more than the limit out of a small body."""
    if len(body) > MAX_REQUEST_BYTES:
        raise LimitExceeded(TOO_LARGE, code="request_too_large")
    try:
        if encoding in ("", "identity"):
            plain = body
        elif encoding == "zstd":
            plain = _expand_zstd(body)
        elif encoding == "gzip":
            expander = zlib.decompressobj(wbits=31)
            plain = expander.decompress(body, MAX_REQUEST_BYTES + 1)
            if not expander.eof and len(plain) <= MAX_REQUEST_BYTES:
                raise zlib.error("the data ends early")
        else:
            raise UnsupportedMedia("Content-Encoding has to be zstd, gzip or none.")
    except (zstandard.ZstdError, zlib.error) as error:
        raise Malformed(f"The body cannot be decompressed: {error}.") from None
    if len(plain) > MAX_REQUEST_BYTES:
        raise LimitExceeded(TOO_LARGE, code="request_too_large")
    return plain


def _expand_zstd(body: bytes) -> bytes:
    # decompress() trusts the size in the frame's head and allocates it at once, so that is read first.
    size = zstandard.frame_content_size(body)
    if size > MAX_REQUEST_BYTES:
        raise LimitExceeded(TOO_LARGE, code="request_too_large")
    limit = MAX_REQUEST_BYTES if size < 0 else size
    decompressor = zstandard.ZstdDecompressor(max_window_size=2 * MAX_REQUEST_BYTES)
    with decompressor.stream_reader(body) as reader:
        plain = bytes(reader.read(limit + 1))
    if 0 <= size != len(plain):
        raise zstandard.ZstdError("the data ends early")
    return plain


def _decode(body: bytes, content_type: str) -> Any:
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack"):
        try:
            return msgpack.unpackb(body, strict_map_key=False)
        except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
            raise Malformed(f"The body is not msgpack: {error or 'nested too deep'}.") from None
    if kind == "application/json":
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed(f"The body is not JSON: {error}.") from None
    raise UnsupportedMedia("Content-Type has to be application/msgpack or application/json.")


def read_request(body: Any) -> StreamRequest:
    """Check a decoded body; raise Invalid or LimitExceeded."""
    if not isinstance(body, dict):
        raise Invalid('The body has to be a mapping with "stream", "offset" and "records".')
    unknown = body.keys() - {"stream", "offset", "label", "records"}
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))[:200]
        raise Invalid(f"Unknown field: {names}. Known are stream, offset, label, records.")
    offset, label, records = body.get("offset"), body.get("label"), body.get("records")
    if type(offset) is not int or not 0 <= offset < 2**62:
        raise _invalid("offset", "The number of the first record: 0, 1, 2 …")
    if not isinstance(label, str | None) or "\0" in (label or "") or len(label or "") > MAX_LABEL:
        raise _invalid("label", f"Text of at most {MAX_LABEL} characters without NUL.")
    if not isinstance(records, list):
        raise _invalid("records", "A list of records.")
    if len(records) > MAX_RECORDS:
        raise LimitExceeded(
            f"A request may have at most {MAX_RECORDS} records.", code="too_many_records"
        )
    return StreamRequest(
        _read_stream(body.get("stream")),
        offset,
        label or "",
        [read_record(item) for item in records],
    )


def _invalid(name: str, accepted: str) -> Invalid:
    return Invalid(f"{name} cannot be used.", fields={name: [accepted]})


def _read_stream(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise _invalid("stream", "The UUID of the writer.") from None


def read_record(record: Any) -> Record:
    """Return a record checked, or why it cannot be stored."""
    try:
        if not isinstance(record, dict):
            raise Refusal("wrong_type", "A record has to be a mapping with a kind.")
        kind = record.get("kind")
        if kind in ("rows", "system"):
            return parse_rows(kind, record)
        if kind == "console":
            return parse_console(record)
        if isinstance(kind, str) and kind in CONTROL_KINDS:
            return parse_control(kind, record)
        known = ", ".join([*KIND_CODES, *sorted(CONTROL_KINDS)])
        raise Refusal("unknown_kind", f"Unknown kind {kind!r:.40}. Known are {known}.")
    except Refusal as refusal:
        return refusal


def pack_batch(records: list[Rows]) -> bytes:
    """Return what is stored of a request: its rows, system samples and lines, in order."""
    packed: bytes = msgpack.packb([(KIND_CODES[r.kind], r.stored) for r in records])
    if len(packed) >= COMPRESS_FROM_BYTES:
        compressed = codec.compress(packed)
        if len(compressed) < 0.9 * len(packed):
            return b"\x01" + compressed
    return b"\x00" + packed


def unpack_batch(payload: bytes) -> list[tuple[str, int, dict[str, Any]]]:
    """Return the records of a batch: kind, number of their first row in the batch, and stored form."""
    packed = codec.decompress(payload[1:]) if payload[0] else payload[1:]
    records = []
    first = 0
    for code, stored in msgpack.unpackb(packed):
        records.append((KIND_NAMES[code], first, stored))
        first += stored["n"]
    return records
