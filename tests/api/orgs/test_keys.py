"""The page and REST of keys that are rotated or made for one place."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from apps.core import clock
from apps.orgs import services
from apps.orgs.models import ApiKey, User
from tests.api.rest import error_of, send
from tests.conftest import Cast

AsUser = Callable[[User], Client]


def client_of(secret: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"})


def works(secret: str) -> bool:
    return bool(send(client_of(secret), "get", "auth/me").status_code == 200)


def page_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def new_secret(html: bytes) -> str:
    return html.decode().split('id="new-key">')[1][:40]


# --- REST --------------------------------------------------------------------------------------
def test_rest_rotates_with_an_overlap(cast: Cast, as_user: AsUser) -> None:
    key, old = services.create_api_key(user=cast.mel, name="laptop", scope="write")
    client = as_user(cast.mel)
    response = send(client, "post", f"auth/keys/{key.pk}/rotate", {"overlap_s": 3600})
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    fresh = response.json()
    assert (fresh["name"], fresh["scope"], fresh["only"]) == ("laptop", "write", "")
    assert works(old)
    assert works(fresh["secret"])
    listed = {each["id"]: each for each in send(client, "get", "auth/keys").json()["items"]}
    assert listed[key.pk]["replaced_by"] == fresh["id"]
    end = datetime.fromisoformat(listed[key.pk]["expires_at"])
    assert clock.now() < end <= clock.now() + timedelta(hours=1)
    again = send(client, "post", f"auth/keys/{key.pk}/rotate", {})
    assert again.status_code == 409
    assert error_of(again)["code"] == "already_rotated"


def test_a_key_rotates_itself(cast: Cast) -> None:
    key, old = services.create_api_key(user=cast.mel, name="k")
    response = send(client_of(old), "post", f"auth/keys/{key.pk}/rotate", {"overlap_s": 0})
    assert response.status_code == 201
    assert not works(old)
    assert works(response.json()["secret"])


@pytest.mark.parametrize("body", [{"overlap_s": -1}, {"overlap_s": 604801}, {"overlap_s": "x"}])
def test_an_overlap_has_bounds(cast: Cast, as_user: AsUser, body: dict[str, object]) -> None:
    key, secret = services.create_api_key(user=cast.mel, name="k")
    response = send(as_user(cast.mel), "post", f"auth/keys/{key.pk}/rotate", body)
    assert response.status_code == 422
    assert list(error_of(response)["fields"]) == ["overlap_s"]
    assert works(secret)


def test_a_limited_key_opens_its_place_only_and_no_account(cast: Cast, as_user: AsUser) -> None:
    body = {"name": "ci", "only": "acme/mnist"}
    made = send(as_user(cast.ann), "post", "auth/keys", body).json()
    assert made["only"] == "acme/mnist"
    client = client_of(made["secret"])
    assert send(client, "get", "projects/acme/mnist").status_code == 200
    assert send(client, "get", "orgs/acme").status_code == 404
    for method, path in [
        ("get", "auth/keys"),
        ("post", "auth/keys"),
        ("post", f"auth/keys/{made['id']}/rotate"),
        ("delete", f"auth/keys/{made['id']}"),
        ("patch", "auth/me"),
        ("post", "orgs"),
    ]:
        assert send(client, method, path, {}).status_code == 403, path
    assert works(made["secret"])


def test_a_place_that_one_cannot_see_and_one_that_is_not_there_are_told_the_same(
    cast: Cast, as_user: AsUser
) -> None:
    for places in (("acme", "nowhere"), ("acme/mnist", "acme/nothing")):
        answers = []
        for only in places:
            body = {"name": "k", "only": only}
            response = send(as_user(cast.sam), "post", "auth/keys", body)
            assert response.status_code == 422
            answers.append(str(error_of(response)).replace(only, "…"))
        assert answers[0] == answers[1]


# --- Page --------------------------------------------------------------------------------------
def test_the_page_makes_a_key_for_one_project(cast: Cast) -> None:
    client = page_of(cast.ann)
    data = {"name": "ci", "scope": "write", "only": "acme/mnist", "days": "7"}
    response = client.post("/settings/keys", data)
    assert response.status_code == 200
    key = ApiKey.objects.get(name="ci")
    assert (key.only_project_id, key.scope) == (cast.mnist.pk, "write")
    assert b"acme/mnist" in response.content
    wrong = client.post("/settings/keys", {**data, "only": "acme/nothing"})
    assert wrong.status_code == 422
    assert b"There is no project acme/nothing that you can see." in wrong.content
    assert ApiKey.objects.count() == 1


def test_the_page_rotates_a_key_and_may_be_sent_again(cast: Cast) -> None:
    key, old = services.create_api_key(user=cast.ann, name="laptop")
    client = page_of(cast.ann)
    assert b"laptop" in client.get(f"/settings/keys/{key.pk}/rotate").content
    secrets = [
        new_secret(client.post(f"/settings/keys/{key.pk}/rotate", {"hours": "1"}).content)
        for _ in range(2)
    ]
    assert [works(each) for each in (old, *secrets)] == [True, False, True]
    refused = client.post(f"/settings/keys/{key.pk}/rotate", {"hours": "1"})
    assert refused.status_code == 422
    assert b"which is in use" in refused.content


@pytest.mark.parametrize("hours", ["", "2", "-1", "x"])
def test_the_page_offers_four_overlaps(cast: Cast, hours: str) -> None:
    key, _secret = services.create_api_key(user=cast.ann, name="k")
    response = page_of(cast.ann).post(f"/settings/keys/{key.pk}/rotate", {"hours": hours})
    assert response.status_code == 422
    assert ApiKey.objects.count() == 1
