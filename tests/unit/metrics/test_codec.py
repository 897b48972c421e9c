"""Columns come back bit for bit, whatever is in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics import codec
from apps.metrics.codec import Encoding

INT64 = st.integers(-(2**63), 2**63 - 1)
# Any bits at all: NaNs with a payload, both zeros, subnormals.
FLOAT_BITS = st.one_of(
    INT64.map(lambda bits: float(np.array([bits]).view(np.float64)[0])),
    st.floats(width=32),
    st.integers(-(2**53), 2**53).map(float),
    st.sampled_from([0.0, -0.0, float("nan"), float("inf"), -float("inf")]),
)


@given(st.lists(INT64, min_size=1, max_size=200))
def test_whole_numbers_come_back(values: list[int]) -> None:
    array = np.array(values, np.int64)
    encoding, data = codec.encode_ints(array)
    assert codec.decode_ints(encoding, data, len(array)).tolist() == values


@given(st.lists(FLOAT_BITS, min_size=1, max_size=200))
def test_floats_come_back_with_their_bits(values: list[float]) -> None:
    array = np.array(values, np.float64)
    encoding, data = codec.encode_floats(array)
    back = codec.decode_floats(encoding, data, len(array))
    assert back.view(np.int64).tolist() == array.view(np.int64).tolist()


@given(st.lists(st.floats(0, 2.5e11), min_size=1, max_size=200))
def test_times_come_back(values: list[float]) -> None:
    array = np.array(values, np.float64)
    encoding, data = codec.encode_times(array)
    assert codec.decode_times(encoding, data, len(array)).tolist() == values


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=50))
def test_texts_come_back(texts: list[bytes]) -> None:
    encoding, data = codec.encode_texts(texts)
    assert codec.decode_texts(encoding, data, len(texts)) == texts


def test_regular_steps_take_sixteen_bytes() -> None:
    _, data = codec.encode_ints(np.arange(5, 500_000, 3))
    assert len(data) == 16


def test_float32_metrics_take_less_than_three_and_a_half_bytes_a_value() -> None:
    rng = np.random.default_rng(0)
    loss = 2 * np.exp(-np.arange(5000) / 3000) + 0.05 * rng.standard_normal(5000)
    encoding, data = codec.encode_floats(loss.astype(np.float32).astype(np.float64))
    assert encoding & 0x7F == Encoding.FLOAT32
    assert len(data) / 5000 < 3.5


def test_clock_times_take_less_than_two_and_a_half_bytes() -> None:
    rng = np.random.default_rng(0)
    times = 1.8e9 + np.cumsum(0.05 + 0.005 * rng.random(5000))
    _, data = codec.encode_times(times)
    assert len(data) / 5000 < 2.5


@pytest.mark.parametrize("value", [0.0, -0.0, 1.5, float("nan"), float("inf")])
def test_one_value_for_all_rows_takes_eight_bytes(value: float) -> None:
    encoding, data = codec.encode_floats(np.full(1000, value))
    assert (encoding & 0x7F, len(data)) == (Encoding.SAME, 8)


def test_a_column_is_not_read_as_what_it_is_not() -> None:
    encoding, data = codec.encode_floats(np.array([0.5, 0.25]))
    with pytest.raises(ValueError, match="holds no whole numbers"):
        codec.decode_ints(encoding, data, 2)
