"""What tests of the engine's doors leave behind in this process, cleared away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.metrics import heartbeats, ingest
from apps.metrics.writer import writer


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Forget grants and heartbeats, and end the writer's thread with its connection."""
    yield
    writer.stop()
    ingest.forget_grants()
    heartbeats.forget()
