"""Pictures of few points that show what all points show, and many runs as one line."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics import sampling
from apps.metrics.codec import Floats

NAN = math.nan


def series(*pairs: tuple[float, float]) -> tuple[Floats, Floats]:
    return np.array([x for x, _ in pairs], float), np.array([y for _, y in pairs], float)


def test_few_points_are_all_kept() -> None:
    x, y = np.arange(10.0), np.full(10, NAN)
    assert sampling.choose(x, y, 10).tolist() == list(range(10))


def test_one_spike_among_a_million_is_kept_at_its_place() -> None:
    x, y = np.arange(1e6), np.zeros(1_000_000)
    y[123_457] = 50
    y[900_001] = -50
    chosen = sampling.choose(x, y, 400)
    assert len(chosen) <= 400
    assert {123_457, 900_001, 0, 999_999} <= set(chosen.tolist())


@given(
    st.lists(
        st.tuples(
            st.floats(-1e6, 1e6),
            st.one_of(st.floats(-100, 100), st.sampled_from([NAN, math.inf, -math.inf])),
        ),
        min_size=1,
        max_size=300,
    ),
    st.integers(1, 60),
)
def test_what_is_kept(pairs: list[tuple[float, float]], points: int) -> None:
    x, y = series(*sorted(pairs, key=lambda pair: pair[0]))
    chosen = sampling.choose(x, y, points)
    assert len(chosen) <= max(points, 4)
    assert (np.diff(chosen) > 0).all()
    finite = y[np.isfinite(y)]
    if len(finite):
        kept = y[chosen][np.isfinite(y[chosen])]
        assert (kept.min(), kept.max()) == (finite.min(), finite.max())
    else:
        assert len(chosen)


def test_each_slice_keeps_first_least_greatest_and_last() -> None:
    y = np.array([3, 1, 9, 2, 5, 5, 5, 4, 7, 8, 0, 6, 6, 6, 6, 9], float)
    # Two slices of eight points.
    assert sampling.choose(np.arange(16.0), y, 8).tolist() == [0, 1, 2, 7, 8, 10, 15]


def test_a_slice_of_nan_alone_stays_a_gap() -> None:
    y = np.arange(100.0)
    y[40:60] = NAN
    chosen = sampling.choose(np.arange(100.0), y, 20)
    assert np.isnan(y[chosen]).sum() == 1


def test_points_at_one_x_are_one_slice() -> None:
    y = np.arange(100.0)
    assert sampling.choose(np.zeros(100), y, 20).tolist() == [0, 99]


def test_means_are_weighted_and_empty_slices_left_out() -> None:
    x, means, weights = (
        np.array([0.0, 1, 9, 10]),
        np.array([1.0, 3, 5, 7]),
        np.array([1.0, 3, 0, 2]),
    )
    at, mean = sampling.slice_means(x, means, weights, 5)
    assert at.tolist() == [1, 10]
    assert mean.tolist() == [2.5, 7]


def test_a_group_s_aggregates_are_those_of_its_runs() -> None:
    runs = [series((0, 1), (1, 2)), series((0, 3), (1, 5)), series((0, 8), (1, 5))]
    spread = sampling.spread(runs, 100)
    assert spread.x.tolist() == [0, 1]
    assert spread.values["n"].tolist() == [3, 3]
    for name, function in (
        *(("mean", statistics.fmean), ("std", statistics.stdev)),
        *(("min", min), ("max", max)),
    ):
        expected = [function([1, 3, 8]), function([2, 5, 5])]
        assert spread.values[name].tolist() == pytest.approx(expected)
    stderr = statistics.stdev([1, 3, 8]) / math.sqrt(3)
    assert spread.values["stderr"][0] == pytest.approx(stderr)
    assert spread.values["ci"][0] == pytest.approx(4.303 * stderr)


def test_runs_with_other_steps_count_with_their_last_value() -> None:
    spread = sampling.spread([series((0, 0), (10, 10)), series((0, 1), (4, 5), (10, 11))], 100)
    assert spread.x.tolist() == [0, 4, 10]
    assert spread.values["mean"].tolist() == [0.5, 2.5, 10.5]


def test_a_run_counts_from_its_first_to_its_last_point() -> None:
    spread = sampling.spread([series((0, 1), (9, 1)), series((3, 5), (6, 7))], 100)
    assert spread.x.tolist() == [0, 3, 6, 9]
    assert spread.values["n"].tolist() == [1, 2, 2, 1]
    assert math.isnan(spread.values["std"][0])


def test_nan_is_no_value_in_a_group() -> None:
    spread = sampling.spread([series((0, NAN), (1, 2)), series((0, 4), (1, math.inf))], 100)
    assert spread.values["n"].tolist() == [1, 1]
    assert spread.values["mean"].tolist() == [4, 2]
    assert sampling.spread([series((0, NAN))], 10).x.tolist() == []


def test_every_point_of_every_run_counts_in_a_group() -> None:
    rng = np.random.default_rng(1)
    runs = []
    for number in range(50):
        x = np.sort(rng.choice(100_000, 2_000, replace=False)).astype(float)
        y = rng.normal(size=2_000)
        y[number] = 100 + number
        runs.append((x, y))
    spread = sampling.spread(runs, 200)
    assert len(spread.x) <= 200
    assert spread.values["max"].max() == 149
    assert spread.values["n"].max() == 50
    at = 120
    expected = [y[x <= spread.x[at]][-1] for x, y in runs]
    assert spread.values["mean"][at] == pytest.approx(statistics.fmean(expected))
