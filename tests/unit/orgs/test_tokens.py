from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import jwt
import pytest
from django.conf import settings
from django.db import connection
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken

from apps.core import clock
from apps.core.errors import Unauthenticated
from apps.orgs import authentication, services, tokens
from apps.orgs.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def is_good(token: str) -> bool:
    try:
        tokens.user_of(token)
    except Unauthenticated:
        return False
    return True


def can_rotate(token: str) -> bool:
    try:
        tokens.rotate(token)
    except Unauthenticated:
        return False
    return True


def test_an_access_token_stands_for_its_person() -> None:
    user = make_user("ann")
    pair = tokens.issue(user)
    assert tokens.user_of(pair.access) == user
    actor = authentication.actor_from_header(f"Bearer {pair.access}")
    assert actor is not None
    assert (actor.user_id, actor.key_id) == (user.pk, None)


def test_a_refresh_token_opens_nothing_but_the_next_pair() -> None:
    pair = tokens.issue(make_user("ann"))
    assert not is_good(pair.refresh)
    assert not can_rotate(pair.access)
    assert is_good(tokens.rotate(pair.refresh).access)


def test_a_refresh_token_works_once() -> None:
    pair = tokens.issue(make_user("ann"))
    assert can_rotate(pair.refresh)
    assert not can_rotate(pair.refresh)


def test_a_second_use_ends_all_that_came_of_the_sign_in() -> None:
    """Of a thief and the owner, who both hold the token, nobody can tell which is which."""
    user = make_user("ann")
    first, elsewhere = tokens.issue(user), tokens.issue(user)
    second = tokens.rotate(first.refresh)
    third = tokens.rotate(second.refresh)
    assert not can_rotate(first.refresh)
    assert not can_rotate(third.refresh)
    assert can_rotate(elsewhere.refresh), "another sign-in of the same person"


def test_a_second_use_after_the_password_changed_is_no_news() -> None:
    user = make_user("ann")
    pair = tokens.issue(user)
    tokens.rotate(pair.refresh)
    new_password(user)
    fresh = tokens.issue(user)
    assert not can_rotate(pair.refresh)
    assert can_rotate(fresh.refresh)


def test_signing_out_ends_the_refresh_token_and_may_be_repeated() -> None:
    pair = tokens.issue(make_user("ann"))
    tokens.end(pair.refresh)
    tokens.end(pair.refresh)
    tokens.end("nonsense")
    assert not can_rotate(pair.refresh)


def new_password(user: User) -> None:
    user.set_password("another good one")
    user.save()


def deactivate(user: User) -> None:
    services.set_active(user=user, is_active=False)


@pytest.mark.parametrize("end", [new_password, deactivate])
def test_both_tokens_end_with_the_password_and_the_account(end: Callable[[User], None]) -> None:
    user = make_user("ann")
    pair = tokens.issue(user)
    end(user)
    assert not is_good(pair.access)
    assert not can_rotate(pair.refresh)


def test_tokens_of_another_person_s_password_are_no_good() -> None:
    ann, mel = make_user("ann"), make_user("mel")
    token = AccessToken()
    token[tokens.USER_CLAIM] = str(ann.pk)
    token[tokens.FINGERPRINT_CLAIM] = mel.get_session_auth_hash()
    assert not is_good(str(token))


@pytest.mark.parametrize("user_id", ["", "x", "1 or 1=1", "-1", "9" * 40, "²"])
def test_a_claim_that_names_nobody_is_no_good(user_id: str) -> None:
    token = AccessToken()
    token[tokens.USER_CLAIM] = user_id
    assert not is_good(str(token))


def forged(claims: dict[str, object], key: str, algorithm: str) -> str:
    return jwt.encode(claims, key, algorithm=algorithm)


def test_nobody_else_can_sign_and_none_is_no_signature() -> None:
    pair = tokens.issue(make_user("ann"))
    claims = jwt.decode(pair.access, options={"verify_signature": False})
    assert is_good(forged(claims, settings.SECRET_KEY, "HS256"))
    assert not is_good(forged(claims, "x" * 64, "HS256"))
    assert not is_good(forged(claims, "", "none"))
    header, body, _signature = pair.access.split(".")
    assert not is_good(f"{header}.{body}.")
    for word in ("", "a.b", "a.b.c", "...", "\0.\0.\0"):
        assert not is_good(word)


@pytest.mark.parametrize("audience", [None, "", "another-service", ["wanllmdb-2"]])
def test_what_is_meant_for_others_is_no_token_of_ours(audience: object) -> None:
    """The same secret may sign other things."""
    pair = tokens.issue(make_user("ann"))
    for token, works in ((pair.access, is_good), (pair.refresh, can_rotate)):
        claims = jwt.decode(token, options={"verify_signature": False})
        del claims["aud"]
        if audience is not None:
            claims["aud"] = audience
        assert not works(forged(claims, settings.SECRET_KEY, "HS256"))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_one_algorithm_is_read(algorithm: str) -> None:
    pair = tokens.issue(make_user("ann"))
    claims = jwt.decode(pair.access, options={"verify_signature": False})
    assert not is_good(forged(claims, settings.SECRET_KEY, algorithm))


def test_a_key_is_no_token_and_a_token_no_key() -> None:
    user = make_user("ann")
    _key, secret = services.create_api_key(user=user, name="k")
    pair = tokens.issue(user)
    assert not is_good(secret)
    with pytest.raises(Unauthenticated):
        authentication.actor_from_key(pair.access)
    with pytest.raises(Unauthenticated):
        authentication.actor_from_header(f"Bearer {pair.refresh}")


def test_a_refresh_token_of_no_sign_in_is_no_good() -> None:
    pair = tokens.issue(make_user("ann"))
    claims = jwt.decode(pair.refresh, options={"verify_signature": False})
    del claims["family"]
    assert not can_rotate(forged(claims, settings.SECRET_KEY, "HS256"))


def test_an_access_token_runs_out() -> None:
    user = make_user("ann")
    token = AccessToken()
    token[tokens.USER_CLAIM] = str(user.pk)
    token[tokens.FINGERPRINT_CLAIM] = user.get_session_auth_hash()
    token.set_exp(lifetime=timedelta(seconds=-1))
    assert not is_good(str(token))


def test_a_token_s_claims_hold_no_secret() -> None:
    user = make_user("ann")
    claims = jwt.decode(tokens.issue(user).access, options={"verify_signature": False})
    assert claims.keys() == {
        "token_type",
        "exp",
        "iat",
        "jti",
        "aud",
        "user_id",
        "fingerprint",
    }
    assert claims["fingerprint"] != user.password


def test_no_token_that_still_works_is_in_the_database() -> None:
    pair = tokens.issue(make_user("ann"))
    assert not OutstandingToken.objects.exists()
    fresh = tokens.rotate(pair.refresh)
    stored = list(OutstandingToken.objects.values_list("token", flat=True))
    assert fresh.refresh not in stored
    assert all(not can_rotate(token) for token in stored)


def test_ended_tokens_are_forgotten_when_they_would_have_run_out_anyway(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens.end(tokens.issue(make_user("ann")).refresh)
    services.prune_sign_ins()
    assert OutstandingToken.objects.count() == 1
    later = clock.now() + timedelta(days=15)
    monkeypatch.setattr(clock, "now", lambda: later)
    services.prune_sign_ins()
    assert OutstandingToken.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_exchanges_at_once_one_wins() -> None:
    pair = tokens.issue(make_user("ann"))
    start = Barrier(4)

    def exchange(number: int) -> bool:
        try:
            start.wait(10)
            return can_rotate(pair.refresh)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(exchange, range(4))) == [False, False, False, True]
