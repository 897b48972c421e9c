"""The page of one's sessions."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from apps.orgs import events, sessions
from apps.orgs.models import User
from tests.conftest import Cast
from tests.factories import PASSWORD, make_user

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1"
)
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0"


def browser(user: User, agent: str = FIREFOX, address: str = "192.0.2.1") -> Client:
    client = Client(REMOTE_ADDR=address, headers={"user-agent": agent})
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/profile").status_code == 200


def test_each_browser_is_listed_with_its_address(cast: Cast) -> None:
    here = browser(cast.ann)
    browser(cast.ann, SAFARI, "192.0.2.7")
    browser(cast.mel, EDGE, "192.0.2.9")
    page = here.get("/settings/sessions").content.decode()
    for words in ("Firefox on Linux", "192.0.2.1", "Safari on iOS", "192.0.2.7"):
        assert words in page
    assert "192.0.2.9" not in page
    assert page.count("now, this browser") == 1


def test_one_is_signed_out(cast: Cast) -> None:
    here, there = browser(cast.ann), browser(cast.ann, SAFARI)
    heard: list[int] = []

    def listen(user_id: int, **kwargs: object) -> None:
        heard.append(user_id)

    events.access_changed.connect(listen)
    other = UserSession.objects.get(user_agent=SAFARI)
    assert here.post(f"/settings/sessions/{other.pk}/end").status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert heard == [cast.ann.pk], "its sockets look again"


def test_all_others_are_signed_out(cast: Cast) -> None:
    here, *others = (browser(cast.ann, agent) for agent in (FIREFOX, SAFARI, EDGE))
    bystander = browser(cast.mel)
    page = here.post("/settings/sessions/end-others", follow=True)
    assert b"2 other browsers are signed out" in page.content
    assert [is_in(each) for each in (here, *others, bystander)] == [True, False, False, True]


def test_nobody_ends_the_sessions_of_others(cast: Cast) -> None:
    here, there = browser(cast.ann), browser(cast.mel)
    foreign = UserSession.objects.get(user=cast.mel)
    assert here.post(f"/settings/sessions/{foreign.pk}/end").status_code == 404
    assert is_in(there)


def test_a_new_password_ends_the_others_and_takes_them_off_the_list(cast: Cast) -> None:
    here, there = browser(cast.ann), browser(cast.ann, SAFARI)
    fresh = "another good one"
    form = {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    here.post("/accounts/password/change/", form)
    assert (is_in(here), is_in(there)) == (True, False)
    assert b"Safari" not in here.get("/settings/sessions").content


def test_when_it_was_seen_is_written_each_ten_minutes_only(cast: Cast) -> None:
    client = browser(cast.ann)
    client.get("/settings/profile")
    first = UserSession.objects.get().last_seen_at
    client.get("/settings/profile")
    assert UserSession.objects.get().last_seen_at == first
    cache.clear()  # As when the ten minutes are over.
    client.get("/settings/profile", REMOTE_ADDR="192.0.2.33")
    row = UserSession.objects.get()
    assert row.last_seen_at > first
    assert row.ip == "192.0.2.33"


def test_using_a_session_does_not_put_off_its_end(cast: Cast) -> None:
    client = browser(cast.ann)
    client.get("/settings/profile")
    end = Session.objects.get().expire_date
    cache.clear()
    client.get("/settings/profile")
    assert Session.objects.get().expire_date == end


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iOS"),
        (EDGE, "Edge on Windows"),
        ("curl/8.5.0", "curl"),
        ("", "unknown browser"),
        ("<script>", "unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(agent: str, words: str) -> None:
    assert sessions.browser_of(agent) == words


def test_an_administrator_signs_somebody_out(cast: Cast) -> None:
    there = browser(cast.ann)
    root = Client()
    root.force_login(make_user("root-user", is_admin=True))
    path = "/admin/usersessions/usersession/"
    assert re.search("Firefox on Linux", root.get(path, {"q": "ann"}).content.decode())
    row = UserSession.objects.get(user=cast.ann)
    root.post(path, {"action": "sign_out", "_selected_action": [row.pk]})
    assert not is_in(there)
