"""Who tries out passwords waits, at every door, and nobody waits for somebody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory
from pytest_django import Settings

from apps.orgs import guessing, services
from tests.api.rest import error_of, send
from tests.conftest import Cast
from tests.factories import PASSWORD, make_user

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


def rest(login: str, password: str, address: str = HERE, **more: Any) -> int:
    body = {"username": login, "password": password}
    client = Client(REMOTE_ADDR=address, **more)
    return int(send(client, "post", "auth/login", body).status_code)


def page(login: str, password: str, address: str = HERE) -> bool:
    client = Client(REMOTE_ADDR=address)
    client.post("/accounts/login/", {"login": login, "password": password})
    return "_auth_user_id" in client.session


def fail(times: int, login: str = "ann", address: str = HERE) -> None:
    for _ in range(times):
        assert rest(login, "wrong", address) == 401


def let_pass(wait: timedelta) -> None:
    """Move what was counted into the past."""
    for attempt in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=attempt.attempt_time - wait)


def test_after_five_failures_every_door_is_shut_for_that_name_and_address(cast: Cast) -> None:
    fail(5)
    assert rest("ann", PASSWORD) == 429
    assert not page("ann", PASSWORD)
    admin = Client(REMOTE_ADDR=HERE)
    admin.post("/admin/login/", {"username": "ann", "password": PASSWORD})
    assert "_auth_user_id" not in admin.session
    request = RequestFactory(REMOTE_ADDR=HERE).post("/")
    assert authenticate(request, username="ann", password=PASSWORD) is None


def test_failures_on_the_page_count_for_rest(cast: Cast) -> None:
    for _ in range(5):
        assert not page("ann", "wrong")
    assert rest("ann", PASSWORD) == 429


def test_from_another_address_the_same_name_gets_in(cast: Cast) -> None:
    """So that nobody can shut an administrator out."""
    fail(5)
    assert rest("ann", PASSWORD, ELSEWHERE) == 200
    assert page("ann", PASSWORD, ELSEWHERE)


def test_another_name_from_the_same_address_gets_in(cast: Cast) -> None:
    fail(5)
    assert rest("mel", PASSWORD) == 200


def test_the_answer_is_the_same_for_a_name_that_nobody_has(cast: Cast) -> None:
    answers = []
    for name in ("ann", "nobody"):
        fail(5, name)
        body = {"username": name, "password": PASSWORD}
        response = send(Client(REMOTE_ADDR=HERE), "post", "auth/login", body)
        answers.append((response.status_code, error_of(response)))
    assert answers[0] == answers[1]
    assert answers[0][1]["code"] == "rate_limited"
    pages = [
        Client(REMOTE_ADDR=HERE).post("/accounts/login/", {"login": name, "password": PASSWORD})
        for name in ("ann", "nobody")
    ]
    for response in pages:
        assert b"Too many failed login attempts" in response.content


def test_the_wait_doubles_up_to_an_hour() -> None:
    minutes = [guessing.wait_after(failures) / timedelta(minutes=1) for failures in range(5, 13)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    assert guessing.wait_after(10**9) == timedelta(hours=1)


def test_a_wait_ends_and_the_next_failure_makes_a_longer_one(cast: Cast) -> None:
    fail(5)
    let_pass(timedelta(minutes=1))
    fail(1)
    let_pass(timedelta(minutes=1))
    assert rest("ann", PASSWORD) == 429
    let_pass(timedelta(minutes=1))
    assert rest("ann", PASSWORD) == 200


def test_trying_on_while_one_waits_makes_the_wait_no_longer(cast: Cast) -> None:
    fail(5)
    before = AccessAttempt.objects.values("failures_since_start", "attempt_time").get()
    for _ in range(3):
        assert rest("ann", "wrong") == 429
    assert AccessAttempt.objects.values("failures_since_start", "attempt_time").get() == before


def test_signing_in_forgets_what_went_wrong_before(cast: Cast) -> None:
    fail(4)
    fail(4, "ann@example.org")
    assert rest("ann", PASSWORD) == 200
    assert not AccessAttempt.objects.exists()


def test_a_day_later_nothing_is_remembered(cast: Cast) -> None:
    fail(4)
    let_pass(timedelta(days=1))
    services.prune_sign_ins()
    assert not AccessAttempt.objects.exists()


def test_an_administrator_is_let_back_in_by_command(cast: Cast) -> None:
    fail(5)
    call_command("axes_reset", verbosity=0)
    assert rest("ann", PASSWORD) == 200


def test_another_browser_is_the_same_guesser(cast: Cast) -> None:
    for number in range(5):
        rest("ann", "wrong", headers={"user-agent": f"browser {number}"})
    assert AccessAttempt.objects.count() == 1
    assert rest("ANN", PASSWORD) == 429


def test_what_was_sent_is_not_kept(cast: Cast) -> None:
    """A wrong password may be the right one of another service."""
    client = Client()
    client.force_login(cast.ann)
    form = {"oldpassword": "nearly right", "password1": "x", "password2": "x"}
    client.post("/accounts/password/change/", form)
    page("ann", "nearly right")
    rest("ann", "nearly right")
    for row in AccessAttempt.objects.values():
        assert "nearly right" not in str(row)


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_wrote(
    cast: Cast, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(5):
        # The first part is what the client claims.
        forwarded = {"x-forwarded-for": f"198.51.100.{number}, {HERE}"}
        assert rest("ann", "wrong", "127.0.0.1", headers=forwarded) == 401
    assert AccessAttempt.objects.get().ip_address == HERE
    here, there = ({"x-forwarded-for": address} for address in (HERE, ELSEWHERE))
    assert rest("ann", PASSWORD, "127.0.0.1", headers=here) == 429
    assert rest("ann", PASSWORD, "127.0.0.1", headers=there) == 200


def test_without_a_proxy_no_header_changes_the_address(cast: Cast) -> None:
    for number in range(5):
        forwarded = {"x-forwarded-for": f"198.51.100.{number}"}
        assert rest("ann", "wrong", HERE, headers=forwarded) == 401
    assert rest("ann", PASSWORD) == 429


def test_listeners_hear_of_those_who_are_made_to_wait(cast: Cast) -> None:
    heard: list[tuple[str, str]] = []

    def listen(username: str, ip_address: str, **kwargs: object) -> None:
        heard.append((username, ip_address))

    user_locked_out.connect(listen)
    try:
        fail(5)
        assert heard == []
        rest("ann", PASSWORD)
        assert heard == [("ann", HERE)]
    finally:
        user_locked_out.disconnect(listen)


@pytest.mark.django_db(transaction=True)
def test_failures_at_the_same_time_are_all_counted() -> None:
    """The count is the database's, which is the same for all processes."""
    make_user("ann")

    def attempt(_number: int) -> None:
        request = RequestFactory(REMOTE_ADDR=HERE).post("/")
        try:
            authenticate(request, username="ann", password="wrong")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(4)))
    assert AccessAttempt.objects.get().failures_since_start == 4
