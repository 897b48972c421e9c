"""The encoder against the real library's decoder."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanllm._msgpack import Raw, array_header, pack

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=300)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(values)
def test_what_is_packed_is_read_back(value: Any) -> None:
    assert msgpack.unpackb(pack(value), strict_map_key=False) == value


@pytest.mark.parametrize("length", [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536])
def test_lengths_at_the_borders_of_the_format(length: int) -> None:
    for value in ("x" * length, b"x" * length, [1] * length, {str(i): i for i in range(length)}):
        assert msgpack.unpackb(pack(value)) == value
    assert msgpack.unpackb(array_header(length) + b"\x01" * length) == [1] * length


def test_an_integer_beyond_64_bits_is_kept_as_text() -> None:
    assert msgpack.unpackb(pack(10**30)) == str(10**30)


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert msgpack.unpackb(pack("a\udc80b")) == "a?b"


def test_raw_bytes_are_put_in_as_they_are() -> None:
    assert msgpack.unpackb(pack([Raw(pack({"a": 1})), 2])) == [{"a": 1}, 2]


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError):
        pack(object())
