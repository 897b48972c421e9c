"""Full tiles stand before those that are not, whatever sizes the rows come in."""

from __future__ import annotations

from itertools import pairwise
from uuid import uuid4

import numpy as np
import pytest

from apps.metrics import sealing, store
from apps.metrics.models import Tile
from apps.metrics.store import Query
from tests.conftest import Cast
from tests.factories import make_run


@pytest.mark.parametrize(
    "sizes", [(70_000, 70_000, 70_000), (100, 200_000, 66_000, 5_000, 140_000)]
)
def test_large_seals_leave_no_small_tile_behind(cast: Cast, sizes: tuple[int, ...]) -> None:
    """A rest that stayed between full tiles was on no picture of the whole series, nor was its spike."""
    run = make_run(cast.mnist, cast.mel)
    stream, first = uuid4(), 0
    for size in sizes:
        values = np.zeros(size)
        values[-1] = first + size  # A spike in the last row of each seal.
        record = {
            "kind": "rows",
            "steps": {"start": first, "stride": 1},
            "times": (1.8e9 + np.arange(first, first + size)).tobytes(),
            "columns": {"loss": values.tobytes()},
        }
        store.append(run=run, stream=stream, records=[record])
        sealing.seal_run(run.pk)
        first += size
    for level in (0, 1):
        tiles = list(Tile.objects.filter(run=run, level=level).order_by("first_row"))
        assert all(a.last_row + 1 == b.first_row for a, b in pairwise(tiles))
        flags = [tile.is_full for tile in tiles]
        assert flags == sorted(flags, reverse=True)
    (line,) = store.read(Query([store.refer(run)], ["loss"], points=400)).series
    assert line.level == 1
    assert set(np.cumsum(sizes).tolist()) <= set(line.y.tolist())
