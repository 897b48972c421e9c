"""How many requests are answered. Apart from rest.py, since DRF imports it while its views load."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from django.core.cache import cache
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from apps.core import clock

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

_PERIODS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# One customer of a provider has a whole /64, so a single IPv6 address counts for nothing.
_IPV6_PREFIX = 64


class ActorRateThrottle(BaseThrottle):
    """So many requests a period for each actor, and fewer for each address that names nobody.

    Routes that take passwords set `throttle_rate = "credentials"` and are counted by address alone. Counts are
    kept in the cache by whole periods and added to atomically, so that parallel requests can't slip past.
    """

    wait_s = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request; tell whether it may be answered."""
        name = getattr(request.auth, "throttle_name", None)
        scope = getattr(view, "throttle_rate", None) or ("actor" if name else "anonymous")
        if scope == "credentials" or not name:
            name = network_of(self.get_ident(request))
        limit, period_s = parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
        now = clock.now().timestamp()
        self.wait_s = period_s - now % period_s
        return _count(f"throttle:{scope}:{name}:{int(now // period_s)}", period_s) <= limit

    def wait(self) -> float:
        """Return the seconds until the next request may be answered."""
        return self.wait_s


def parse_rate(rate: str) -> tuple[int, int]:
    """Turn `300/min` into (300, 60)."""
    count, period = rate.split("/")
    return int(count), _PERIODS_S[period[0]]


def network_of(address: str | None) -> str:
    """Return what an address is counted under: itself, or the network of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return re.sub(r"[^0-9A-Za-z.:-]", "", address or "")[:64] or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((parsed, _IPV6_PREFIX), strict=False).network_address)
    return str(parsed)


def _count(key: str, period_s: int) -> int:
    cache.add(key, 0, timeout=period_s + 1)
    try:
        return cache.incr(key)
    except ValueError:  # The cache was full and dropped the count between the two calls.
        return 1
