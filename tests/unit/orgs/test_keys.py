from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from apps.core import clock
from apps.core.errors import Conflict, Invalid, Unauthenticated
from apps.orgs import authentication, services
from apps.orgs.models import ApiKey
from tests.conftest import Cast

SOON = timedelta(hours=1)


def test_a_key_is_forty_hexadecimal_characters_and_not_stored(cast: Cast) -> None:
    key, secret = services.create_api_key(user=cast.ann, name="k")
    assert len(secret) == 40
    assert set(secret) <= set("0123456789abcdef")
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret not in map(str, row.values())
    assert key.prefix == secret[:8]


def test_a_key_opens_its_owner_s_account(cast: Cast) -> None:
    key, secret = services.create_api_key(user=cast.mel, name="k", scope=ApiKey.Scope.READ)
    actor = authentication.actor_from_key(secret)
    assert (actor.user_id, actor.key_id, actor.cap) == (cast.mel.pk, key.pk, key.cap)


def test_a_used_key_says_when(cast: Cast) -> None:
    key, secret = services.create_api_key(user=cast.mel, name="k")
    authentication.actor_from_key(secret)
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    authentication.actor_from_key(secret)
    key.refresh_from_db()
    assert key.last_used_at == first, "reading again within the minute writes nothing"


def opens(secret: str) -> bool:
    try:
        authentication.actor_from_key(secret)
    except Unauthenticated:
        return False
    return True


def test_a_revoked_key_opens_nothing_and_keeps_its_first_end(cast: Cast) -> None:
    key, secret = services.create_api_key(user=cast.ann, name="k")
    assert opens(secret)
    services.revoke_api_key(key=key)
    assert not opens(secret)
    ended = ApiKey.objects.get(pk=key.pk).revoked_at
    services.revoke_api_key(key=key)
    assert ApiKey.objects.get(pk=key.pk).revoked_at == ended


def test_an_expired_key_opens_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    _key, secret = services.create_api_key(user=cast.ann, name="k", expires_at=clock.now() + SOON)
    assert opens(secret)
    later = clock.now() + SOON
    monkeypatch.setattr(clock, "now", lambda: later)
    assert not opens(secret)


def test_keys_of_the_deactivated_open_nothing_until_they_are_back(cast: Cast) -> None:
    _key, secret = services.create_api_key(user=cast.mel, name="k")
    services.set_active(user=cast.mel, is_active=False)
    assert not opens(secret)
    services.set_active(user=cast.mel, is_active=True)
    assert opens(secret)


@pytest.mark.parametrize("secret", ["", "0" * 40, "x", "ä" * 40, "\0", "0" * 100_000])
def test_no_other_word_is_a_key(cast: Cast, secret: str) -> None:
    services.create_api_key(user=cast.ann, name="k")
    assert not opens(secret)


def test_the_digest_is_no_key(cast: Cast) -> None:
    key, _secret = services.create_api_key(user=cast.ann, name="k")
    assert not opens(key.digest)
    assert not opens(key.prefix)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "a\nb"), ("name", "x" * 101), ("scope", "admin"), ("scope", "")],
)
def test_what_a_key_cannot_be_is_named(cast: Cast, field: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        services.create_api_key(user=cast.ann, **{"name": "k", field: value})  # type: ignore[arg-type]  # on purpose
    assert list(caught.value.fields) == [field]


def test_a_key_that_has_ended_cannot_be_made(cast: Cast) -> None:
    with pytest.raises(Invalid) as caught:
        services.create_api_key(user=cast.ann, name="k", expires_at=clock.now() - SOON)
    assert list(caught.value.fields) == ["expires_at"]


def test_a_key_cannot_make_one_that_outlives_it(cast: Cast) -> None:
    end = clock.now() + SOON
    maker, _secret = services.create_api_key(user=cast.ann, name="maker", expires_at=end)
    for expires_at in (None, end + SOON):
        with pytest.raises(Invalid):
            services.create_api_key(
                user=cast.ann, name="k", expires_at=expires_at, made_with=maker.pk
            )
    services.create_api_key(user=cast.ann, name="k", expires_at=end, made_with=maker.pk)
    lasting, _secret = services.create_api_key(user=cast.ann, name="lasting")
    services.create_api_key(user=cast.ann, name="k", made_with=lasting.pk)


def test_keys_are_many_but_not_endless(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.orgs.services.keys.MAX_USABLE_KEYS", 2)
    first, _secret = services.create_api_key(user=cast.ann, name="1")
    services.create_api_key(user=cast.ann, name="2")
    with pytest.raises(Conflict):
        services.create_api_key(user=cast.ann, name="3")
    services.revoke_api_key(key=first)
    services.create_api_key(user=cast.ann, name="3")


def test_the_database_knows_the_scopes(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.create(user=cast.ann, name="k", prefix="x", digest="x", scope="root")


def test_finding_a_key_is_one_query(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _key, secret = services.create_api_key(user=cast.ann, name="k")
    authentication.actor_from_key(secret)
    with django_assert_num_queries(1):
        authentication.actor_from_key(secret)
