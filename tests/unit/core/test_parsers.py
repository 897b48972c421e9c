import io
import math

import pytest
from django.test import override_settings

from apps.core.errors import LimitExceeded, Malformed
from apps.core.parsers import JSONBodyParser, parse_json


def test_python_s_own_nan_and_infinity_are_read() -> None:
    value = parse_json(b'{"a": NaN, "b": -Infinity, "c": 1e400}')
    assert math.isnan(value["a"])
    assert value["b"] == -math.inf
    assert value["c"] == math.inf


def test_emoji_as_two_escapes_is_read() -> None:
    assert parse_json(rb'{"a": "\ud83d\ude00"}') == {"a": "😀"}


def test_byte_order_mark_is_no_error() -> None:
    assert parse_json(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": 1',
        b"{'a': 1}",
        b'{"a": "\xff"}',
        rb'{"a": "\ud800"}',
        rb'{"\udfff": 1}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"1" * 5_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_cannot_be_stored_or_read_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_json(body)


class Endless(io.BytesIO):
    """A body that counts how much of it is read."""

    asked = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        self.asked += size
        return b" " * size


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_no_more_than_the_limit_is_read() -> None:
    body = Endless()
    with pytest.raises(LimitExceeded):
        JSONBodyParser().parse(body)
    assert body.asked == 1001
