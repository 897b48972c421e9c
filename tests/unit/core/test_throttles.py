from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.settings import api_settings

from apps.core import clock
from apps.core.throttles import ActorRateThrottle, network_of

NOON = datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rates(monkeypatch: pytest.MonkeyPatch) -> None:
    three_each = dict.fromkeys(("anonymous", "actor", "credentials"), "3/min")
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", three_each)
    monkeypatch.setattr(clock, "now", lambda: NOON)


def ask(address: str = "192.0.2.1", name: str | None = None, **headers: str) -> ActorRateThrottle:
    request = Request(RequestFactory(headers=headers).get("/", REMOTE_ADDR=address))
    request.auth = SimpleNamespace(throttle_name=name)
    throttle = ActorRateThrottle()
    throttle.allowed = throttle.allow_request(request, _view())  # type: ignore[attr-defined]  # for the test
    return throttle


def _view(**attributes: Any) -> Any:
    return SimpleNamespace(**attributes)


def allowed(**options: Any) -> bool:
    return bool(ask(**options).allowed)  # type: ignore[attr-defined]  # set by ask


def test_the_fourth_request_of_a_minute_waits_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [allowed() for _ in range(4)] == [True, True, True, False]
    assert ask().wait() == 50
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=50))
    assert allowed()


def test_actors_are_counted_by_who_they_are_and_not_by_address() -> None:
    assert all(allowed(name="user-1", address=f"192.0.2.{n}") for n in range(3))
    assert not allowed(name="user-1", address="192.0.2.99")
    assert allowed(name="user-2", address="192.0.2.99")


def test_a_made_up_forwarded_address_is_no_new_visitor() -> None:
    answers = [allowed(**{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(4)]
    assert answers == [True, True, True, False]


def test_a_trusted_proxy_s_word_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    # The client wrote the first, our proxy the last.
    answers = [allowed(**{"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.7"}) for n in range(4)]
    assert answers == [True, True, True, False]
    assert allowed(**{"X-Forwarded-For": "198.51.100.1, 203.0.113.8"})


def test_one_ipv6_network_is_one_visitor() -> None:
    assert [allowed(address=f"2001:db8::{n}") for n in range(1, 5)] == [True, True, True, False]
    assert allowed(address="2001:db8:0:1::1")


@pytest.mark.parametrize("address", ["", None, "nonsense", "1.2.3.4, 5.6.7.8", "x" * 500, "a\nb"])
def test_what_is_no_address_is_still_counted(address: str | None) -> None:
    name = network_of(address)
    assert 0 < len(name) <= 64
    assert name.isprintable()
    assert " " not in name


def test_a_full_cache_lets_requests_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: False)
    assert all(allowed() for _ in range(5))
