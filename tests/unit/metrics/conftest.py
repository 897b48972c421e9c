"""What tests of the engine leave behind in this process, cleared away."""

from __future__ import annotations

import pytest

from apps.metrics import heartbeats


@pytest.fixture(autouse=True)
def nobody_heard_of() -> None:
    """Forget which runs were touched lately: another test's run may have had the same number."""
    heartbeats.forget()
