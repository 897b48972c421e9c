"""At most so many entries a minute about what strangers can cause, so that no scanner fills the disk."""

from __future__ import annotations

from django.core.cache import cache

from apps.audit import origin, services
from apps.core import clock
from apps.core.throttles import network_of

PER_MINUTE = 20
MINUTE_S = 60


def is_worth_recording(action: str) -> bool:
    """Count what somebody caused; tell whether it is to be recorded.

    Each person, or each address that names nobody, has `PER_MINUTE` entries of an action a minute. The next one
    after these is recorded as a flood, and the rest of that minute not at all.
    """
    source = origin.current()
    who = f"user-{source.user_id}" if source.user_id is not None else network_of(source.address)
    key = f"audit:{action}:{who}:{int(clock.now().timestamp()) // MINUTE_S}"
    cache.add(key, 0, timeout=MINUTE_S + 1)
    try:
        count = cache.incr(key)
    except ValueError:  # The cache was full and dropped the count between the two calls.
        return True
    if count == PER_MINUTE + 1:
        services.record("flood", name=action, details={"per_minute": PER_MINUTE})
    return count <= PER_MINUTE
