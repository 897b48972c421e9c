"""Bodies of stream requests: what is read, and what is refused as a whole."""

from __future__ import annotations

import gzip
import json
from typing import Any
from uuid import uuid4

import msgpack
import numpy as np
import pytest
import zstandard

from apps.core.errors import AppError
from apps.metrics import wire
from apps.metrics.records import Rows

HEARTBEAT = {"kind": "heartbeat"}


def body(**fields: Any) -> dict[str, Any]:
    return {"stream": str(uuid4()), "offset": 0, "records": [HEARTBEAT], **fields}


def refused(data: bytes, kind: str = "json", encoding: str = "") -> tuple[int, str]:
    with pytest.raises(AppError) as caught:
        wire.parse(data, f"application/{kind}", encoding)
    assert caught.value.message.endswith((".", "…"))
    return caught.value.status, caught.value.code


def compress(data: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.compress(data, 1)
    with_size = encoding == "zstd"
    return zstandard.ZstdCompressor(write_content_size=with_size).compress(data)


@pytest.mark.parametrize("kind", ["application/msgpack", "application/x-msgpack; charset=binary"])
def test_msgpack_is_read(kind: str) -> None:
    request = wire.parse(msgpack.packb(body(offset=5, label="rank 3")), kind, "")
    assert (request.offset, request.label, len(request.records)) == (5, "rank 3", 1)


@pytest.mark.parametrize("encoding", ["zstd", "zstd without size", "gzip"])
def test_compressed_bodies_are_read(encoding: str) -> None:
    data = compress(json.dumps(body()).encode(), encoding)
    request = wire.parse(data, "application/json", encoding.partition(" ")[0])
    assert len(request.records) == 1


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"stream": "6f0e8a52-6a3a-4d3c-9b0e-0b8a5c1f2d11", "off', "json"),
        (b"[" * 100_000, "json"),
        (b"\xff\xfe", "json"),
        (b"9" * 5000, "json"),
        (b"", "json"),
        (b"", "msgpack"),
        (b"\x83\xa6stream", "msgpack"),
        (b"\x91" * 100_000, "msgpack"),
        (b"\xa1\xff", "msgpack"),
        (b"\xc1", "msgpack"),
        (b"\x80\x80", "msgpack"),
    ],
)
def test_what_cannot_be_decoded_is_malformed(data: bytes, kind: str) -> None:
    assert refused(data, kind) == (400, "malformed")


@pytest.mark.parametrize("data", [b"[]", b"null", b"7", b'"text"', b"{}"])
def test_what_is_no_request_is_invalid(data: bytes) -> None:
    assert refused(data) == (422, "invalid")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stream", "no uuid"),
        ("stream", 7),
        ("stream", None),
        ("stream", ["6f0e8a52-6a3a-4d3c-9b0e-0b8a5c1f2d11"]),
        ("offset", -1),
        ("offset", 1.5),
        ("offset", "0"),
        ("offset", True),
        ("offset", None),
        ("offset", 2**62),
        ("records", {}),
        ("records", None),
        ("label", 3),
        ("label", "x" * 201),
        ("label", "a\0b"),
    ],
)
def test_wrong_fields_are_named(name: str, value: Any) -> None:
    with pytest.raises(AppError) as caught:
        wire.read_request(body(**{name: value}))
    assert (caught.value.status, list(caught.value.fields)) == (422, [name])


def test_unknown_fields_are_named() -> None:
    with pytest.raises(AppError, match="recrods"):
        wire.read_request(body(recrods=[]))


def test_too_many_records_are_refused() -> None:
    assert refused(msgpack.packb(body(records=[None] * 65_537)), "msgpack") == (
        413,
        "too_many_records",
    )


@pytest.mark.parametrize("encoding", ["", "zstd", "zstd without size", "gzip"])
def test_more_than_32_mib_are_refused_however_packed(encoding: str) -> None:
    data = msgpack.packb(body(label=bytes(33 * 1024 * 1024)))
    packed = compress(data, encoding) if encoding else data
    assert refused(packed, "msgpack", encoding.partition(" ")[0]) == (413, "request_too_large")


@pytest.mark.parametrize("encoding", ["zstd", "zstd without size", "gzip"])
def test_a_compressed_body_that_ends_early_is_malformed(encoding: str) -> None:
    packed = compress(json.dumps(body()).encode(), encoding)[:-9]
    assert refused(packed, "json", encoding.partition(" ")[0]) == (400, "malformed")


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("zstd", (400, "malformed")),
        ("gzip", (400, "malformed")),
        ("br", (415, "unsupported_media_type")),
        ("zstd, gzip", (415, "unsupported_media_type")),
    ],
)
def test_a_body_that_is_not_what_it_says(encoding: str, expected: tuple[int, str]) -> None:
    assert refused(json.dumps(body()).encode(), "json", encoding) == expected


@pytest.mark.parametrize("kind", ["xml", "octet-stream", "json2"])
def test_other_types_are_not_read(kind: str) -> None:
    assert refused(b"{}", kind) == (415, "unsupported_media_type")


def test_a_batch_comes_back() -> None:
    values = np.arange(1000, dtype=np.float64).tobytes()
    record = wire.read_record(
        {
            "kind": "rows",
            "steps": {"start": 7, "stride": 1},
            "times": np.full(1000, 1.8e9).tobytes(),
            "columns": {"loss": values},
            "objects": {"note": [[3, {"a": [1, None]}]]},
        }
    )
    lines = wire.read_record({"kind": "console", "lines": [[0, 1.8e9, "stderr", "oh\0no"]]})
    assert isinstance(record, Rows)
    assert isinstance(lines, Rows)
    (kind, first, stored), (kind_of_lines, first_line, _) = wire.unpack_batch(
        wire.pack_batch([record, lines])
    )
    assert (kind, first, kind_of_lines, first_line) == ("rows", 0, "console", 1000)
    assert stored["columns"]["loss"] == values
    assert stored["objects"]["note"] == [[3], [b'{"a":[1,null]}']]
