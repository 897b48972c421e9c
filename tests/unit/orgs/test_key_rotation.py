"""Keys that take another's place, and keys for one org or project."""

from datetime import timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.core.errors import Conflict, Invalid, Unauthenticated
from apps.orgs import authentication, reach, services
from apps.orgs.models import ApiKey, Org
from apps.orgs.permissions import Perm
from apps.projects.models import Project
from tests.conftest import Cast
from tests.factories import make_project

HOUR, DAY, NONE = timedelta(hours=1), timedelta(days=1), timedelta(0)


def opens(secret: str) -> bool:
    try:
        authentication.actor_from_key(secret)
    except Unauthenticated:
        return False
    return True


# --- Rotation ----------------------------------------------------------------------------------
def test_both_keys_open_until_the_overlap_is_over(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, old_secret = services.create_api_key(user=cast.ann, name="k", scope=ApiKey.Scope.WRITE)
    fresh, secret = services.rotate_api_key(key=old, overlap=HOUR)
    assert (fresh.name, fresh.scope, fresh.user) == ("k", ApiKey.Scope.WRITE, cast.ann)
    assert secret != old_secret
    assert opens(old_secret)
    assert opens(secret)
    later = clock.now() + HOUR
    monkeypatch.setattr(clock, "now", lambda: later)
    assert not opens(old_secret)
    assert opens(secret)


def test_without_an_overlap_the_old_key_ends_at_once(cast: Cast) -> None:
    old, old_secret = services.create_api_key(user=cast.ann, name="k")
    _fresh, secret = services.rotate_api_key(key=old, overlap=NONE)
    assert not opens(old_secret)
    assert opens(secret)
    assert ApiKey.objects.get(pk=old.pk).revoked_at is not None


def test_a_lost_answer_can_be_asked_for_again(cast: Cast) -> None:
    old, old_secret = services.create_api_key(user=cast.ann, name="k")
    first, lost = services.rotate_api_key(key=old, overlap=HOUR)
    ends = ApiKey.objects.get(pk=old.pk).ends_at
    again, secret = services.rotate_api_key(key=old, overlap=DAY)
    assert again.pk == first.pk
    assert [opens(each) for each in (old_secret, lost, secret)] == [True, False, True]
    assert ApiKey.objects.get(pk=old.pk).ends_at == ends, "repeating prolongs nothing"
    assert cast.ann.api_keys.count() == 2


def test_a_key_whose_successor_is_in_use_is_not_rotated_again(cast: Cast) -> None:
    old, _secret = services.create_api_key(user=cast.ann, name="k")
    _fresh, secret = services.rotate_api_key(key=old, overlap=HOUR)
    assert opens(secret)
    with pytest.raises(Conflict) as caught:
        services.rotate_api_key(key=old, overlap=HOUR)
    assert caught.value.code == "already_rotated"
    assert opens(secret)


def test_a_key_whose_successor_was_revoked_gets_another(cast: Cast) -> None:
    old, _secret = services.create_api_key(user=cast.ann, name="k")
    fresh, _secret = services.rotate_api_key(key=old, overlap=HOUR)
    services.revoke_api_key(key=fresh)
    another, secret = services.rotate_api_key(key=old, overlap=HOUR)
    assert another.pk != fresh.pk
    assert opens(secret)


def test_a_key_that_has_ended_cannot_be_rotated(cast: Cast) -> None:
    old, _secret = services.create_api_key(user=cast.ann, name="k")
    services.revoke_api_key(key=old)
    with pytest.raises(Conflict) as caught:
        services.rotate_api_key(key=old, overlap=HOUR)
    assert caught.value.code == "key_ended"


def test_a_person_s_new_key_lives_as_long_as_the_old_one_was_to(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _secret = services.create_api_key(
        user=cast.ann, name="k", expires_at=clock.now() + 3 * DAY
    )
    later = clock.now() + 2 * DAY
    monkeypatch.setattr(clock, "now", lambda: later)
    fresh, _secret = services.rotate_api_key(key=old, overlap=HOUR)
    assert fresh.expires_at is not None
    assert old.expires_at is not None
    assert fresh.expires_at - later == old.expires_at - old.created_at


def test_a_key_can_rotate_itself_but_not_prolong_itself(cast: Cast) -> None:
    old, _secret = services.create_api_key(user=cast.ann, name="k", expires_at=clock.now() + DAY)
    for _time in range(2):  # The second is for a lost answer.
        fresh, secret = services.rotate_api_key(key=old, overlap=HOUR, made_with=old.pk)
        assert fresh.expires_at == old.expires_at
    assert opens(secret)
    lasting, _secret = services.create_api_key(user=cast.ann, name="lasting")
    with pytest.raises(Invalid) as caught:
        services.rotate_api_key(key=lasting, overlap=HOUR, made_with=old.pk)
    assert list(caught.value.fields) == ["expires_at"]


def test_an_old_key_cannot_take_over_the_longer_life_of_its_successor(cast: Cast) -> None:
    """Whoever found an old key during the overlap would otherwise outlast its end."""
    old, _secret = services.create_api_key(user=cast.ann, name="k", expires_at=clock.now() + DAY)
    ApiKey.objects.filter(pk=old.pk).update(created_at=clock.now() - DAY)
    _fresh, secret = services.rotate_api_key(key=old, overlap=HOUR)
    with pytest.raises(Invalid):
        services.rotate_api_key(key=old, overlap=HOUR, made_with=old.pk)
    assert opens(secret)


# --- Limits ------------------------------------------------------------------------------------
@pytest.fixture
def other(cast: Cast) -> Project:
    return make_project(cast.acme, "cifar", cast.ann)


def seen(secret: str) -> tuple[set[str], set[str]]:
    actor = authentication.actor_from_key(secret)
    orgs = Org.objects.visible_to(actor).values_list("slug", flat=True)
    projects = Project.objects.visible_to(actor).values_list("slug", flat=True)
    return set(orgs), set(projects)


def test_a_key_for_an_org_sees_nothing_else(cast: Cast, other: Project) -> None:
    own = services.find_personal_org(cast.ann)
    assert own is not None
    make_project(own, "mine", cast.ann)
    _key, secret = services.create_api_key(user=cast.ann, name="k", only="acme")
    assert seen(secret) == ({"acme"}, {"mnist", "cifar"})


def test_a_key_for_a_project_sees_nothing_else(cast: Cast, other: Project) -> None:
    _key, secret = services.create_api_key(user=cast.ann, name="k", only="acme/mnist")
    assert seen(secret) == (set(), {"mnist"})


def test_a_limited_key_does_nothing_to_the_account(cast: Cast) -> None:
    for only in ("acme", "acme/mnist"):
        key, secret = services.create_api_key(user=cast.ann, name="k", only=only)
        actor = authentication.actor_from_key(secret)
        assert Perm.ACCOUNT_MANAGE not in actor.cap
        assert Perm.RUN_WRITE in actor.cap
        assert reach.named([key])[0].only == only


@pytest.mark.parametrize(
    "only", ["nowhere", "acme", "acme/mnist", "sam/none", "acme/mnist/x", "a\0b"]
)
def test_a_key_is_for_what_its_owner_can_see(cast: Cast, only: str) -> None:
    with pytest.raises(Invalid) as caught:
        services.create_api_key(user=cast.sam, name="k", only=only)
    assert list(caught.value.fields) == ["only"]


def test_a_key_makes_none_that_opens_more(cast: Cast, other: Project) -> None:
    org_key, _secret = services.create_api_key(user=cast.ann, name="org", only="acme")
    project_key, _secret = services.create_api_key(user=cast.ann, name="p", only="acme/mnist")
    read_key, _secret = services.create_api_key(user=cast.ann, name="r", scope=ApiKey.Scope.READ)
    wider: list[tuple[ApiKey, dict[str, Any]]] = [
        (org_key, {"only": ""}),
        (org_key, {"only": "ann"}),
        (project_key, {"only": "acme"}),
        (project_key, {"only": "acme/cifar"}),
        (read_key, {"scope": ApiKey.Scope.WRITE}),
    ]
    for maker, wishes in wider:
        with pytest.raises(Invalid) as caught:
            services.create_api_key(user=cast.ann, name="k", made_with=maker.pk, **wishes)
        assert list(caught.value.fields) == list(wishes)
    for maker, only in [(org_key, "acme"), (org_key, "acme/cifar"), (project_key, "acme/mnist")]:
        services.create_api_key(user=cast.ann, name="k", made_with=maker.pk, only=only)


def test_a_rotated_key_keeps_its_limit_and_a_lost_project_is_told(cast: Cast) -> None:
    key, _secret = services.create_api_key(user=cast.ann, name="k", only="acme/mnist")
    fresh, _secret = services.rotate_api_key(key=key, overlap=HOUR)
    assert reach.named([fresh])[0].only == "acme/mnist"
    Project.objects.filter(pk=cast.mnist.pk).update(deleted_at=clock.now())
    assert reach.named([fresh])[0].only == "a deleted project"
