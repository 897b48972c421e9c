"""How many requests are answered. Apart from rest.py, since DRF imports it while its views load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class ActorRateThrottle(SimpleRateThrottle):
    """So many requests a minute for each actor, and fewer for each address that names nobody.

    Routes that take passwords set `throttle_rate = "credentials"` and are counted by address alone.
    """

    def __init__(self) -> None:
        """Wait with the rate until the request is known."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        name = getattr(request.auth, "throttle_name", None)
        self.scope = getattr(view, "throttle_rate", None) or ("actor" if name else "anonymous")
        if self.scope == "credentials" or not name:
            name = self.get_ident(request)
        self.cache_key = f"throttle:{self.scope}:{name}"
        self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return bool(super().allow_request(request, view))

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_key
