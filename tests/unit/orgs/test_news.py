"""Whenever somebody's rights may have shrunk, it is said once it is committed."""

from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from django.test import Client

from apps.orgs import events, services
from apps.orgs.models import User
from apps.orgs.permissions import BuiltinRole
from tests.conftest import Cast
from tests.factories import PASSWORD

FRESH = "another good one"


@pytest.fixture
def heard() -> Iterator[list[int]]:
    told: list[int] = []

    def listen(sender: object, user_id: int, **kwargs: object) -> None:
        told.append(user_id)

    events.access_changed.connect(listen, weak=False)
    yield told
    events.access_changed.disconnect(listen)


def revoke(cast: Cast) -> None:
    key, _secret = services.create_api_key(user=cast.mel, name="k")
    services.revoke_api_key(key=key)


def demote(cast: Cast) -> None:
    services.set_role(org=cast.acme, user=cast.mel, role=BuiltinRole.VIEWER)


def remove(cast: Cast) -> None:
    services.remove_member(org=cast.acme, user=cast.mel)


def deactivate(cast: Cast) -> None:
    services.set_active(user=cast.mel, is_active=False)


def change_password(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.mel)
    form = {"oldpassword": PASSWORD, "password1": FRESH, "password2": FRESH}
    assert client.post("/accounts/password/change/", form).status_code == 302


@pytest.mark.parametrize("shrink", [revoke, demote, remove, deactivate, change_password])
def test_it_is_said_whose_rights_shrank(
    cast: Cast, heard: list[int], shrink: Callable[[Cast], None]
) -> None:
    shrink(cast)
    assert set(heard) == {cast.mel.pk}


def test_what_was_rolled_back_is_not_said(cast: Cast, heard: list[int]) -> None:
    with transaction.atomic():
        services.remove_member(org=cast.acme, user=cast.mel)
        assert heard == []
        transaction.set_rollback(True)
    assert heard == []
    assert User.objects.filter(memberships__org=cast.acme, pk=cast.mel.pk).exists()
