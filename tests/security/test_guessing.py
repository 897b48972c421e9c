"""What one cannot see cannot be found out by asking for it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.orgs import services as org_services
from apps.orgs.models import ApiKey, User
from apps.projects import services
from apps.runs.models import Run
from tests.api.rest import error_of, send
from tests.conftest import Cast
from tests.factories import make_project, make_run

AsUser = Callable[[User], Client]


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.mnist, cast.mel, short_id="first")


def told(response: Any, *names: str) -> dict[str, Any]:
    """Return the error without the names that the visitor gave."""
    error = error_of(response)
    for name in names:
        error["message"] = error["message"].replace(name, "…")
    return {"status": response.status_code, **error}


def test_there_and_not_there_are_told_the_same(cast: Cast, as_user: AsUser, run: Run) -> None:
    """For strangers and for nobody, in every word."""
    for client in (as_user(cast.sam), Client()):
        for hidden, missing in [
            ("orgs/acme", "orgs/nowhere"),
            ("projects/acme/mnist", "projects/acme/nothing"),
            ("projects/acme/mnist", "projects/nowhere/mnist"),
            ("projects/acme/mnist/runs", "projects/acme/nothing/runs"),
            ("projects/acme/mnist/runs/first", "projects/acme/nothing/runs/first"),
            (f"runs/{run.uid}", f"runs/{'0' * 16}"),
            (f"runs/{run.uid}/rows", f"runs/{'0' * 16}/rows"),
        ]:
            names = {*hidden.split("/"), *missing.split("/")} - {"orgs", "projects", "runs", "rows"}
            answers = [told(send(client, "get", path), *names) for path in (hidden, missing)]
            assert answers[0] == answers[1], hidden


def test_the_deleted_are_told_only_to_those_who_could_see_them(
    cast: Cast, as_user: AsUser, run: Run
) -> None:
    send(as_user(cast.mel), "delete", f"runs/{run.uid}")
    assert send(as_user(cast.vic), "get", f"runs/{run.uid}").status_code == 410
    assert send(as_user(cast.sam), "get", f"runs/{run.uid}").status_code == 404
    services.delete_project(project=cast.mnist)
    assert send(as_user(cast.vic), "get", f"runs/{run.uid}").status_code == 404


def test_a_run_is_found_only_where_it_is(cast: Cast, as_user: AsUser, run: Run) -> None:
    own = org_services.find_personal_org(cast.sam)
    assert own is not None
    make_project(own, "mine", cast.sam)
    client = as_user(cast.sam)
    for name in (run.uid, run.short_id, str(run.pk), str(run.number)):
        assert send(client, "get", f"projects/sam/mine/runs/{name}").status_code == 404
        page = Client()
        page.force_login(cast.sam)
        assert page.get(f"/sam/mine/runs/{name}").status_code == 404


def test_numbers_of_rows_name_nothing(cast: Cast, as_user: AsUser, run: Run) -> None:
    client = as_user(cast.ann)
    for path in (f"runs/{run.pk}", f"projects/{cast.acme.pk}/mnist", f"orgs/{cast.acme.pk}"):
        assert send(client, "get", path).status_code == 404


def test_points_of_others_are_left_out(cast: Cast, as_user: AsUser, run: Run) -> None:
    body = {"runs": [run.uid, "0" * 16, "a\0b", "é" * 500], "keys": ["loss"]}
    for client in (as_user(cast.sam), as_user(cast.vic)):
        response = send(client, "post", "metrics/query", body)
        assert response.status_code in {200, 422}
    response = send(
        as_user(cast.sam), "post", "metrics/query", {"runs": [run.uid], "keys": ["loss"]}
    )
    assert response.status_code == 200
    assert run.uid.encode() not in response.content


def test_a_key_is_no_use_on_pages_or_sockets_and_a_session_none_in_a_header(
    cast: Cast, run: Run
) -> None:
    _key, secret = org_services.create_api_key(user=cast.ann, name="k")
    for client in (
        Client(headers={"Authorization": f"Bearer {secret}"}),
        Client(headers={"Cookie": f"wanllmdb_session={secret}"}),
    ):
        assert client.get("/acme/mnist").status_code == 302
    page = Client()
    page.force_login(cast.ann)
    session = page.cookies["wanllmdb_session"].value
    thief = Client(headers={"Authorization": f"Bearer {session}"})
    assert send(thief, "get", "auth/me").status_code == 401


def test_a_key_in_the_address_is_not_read(cast: Cast) -> None:
    """It would stand in logs and histories."""
    _key, secret = org_services.create_api_key(user=cast.ann, name="k")
    for name in ("api_key", "key", "token", "access_token"):
        assert Client().get(f"/api/v1/auth/me?{name}={secret}").status_code == 401


def test_the_list_of_keys_is_one_s_own(cast: Cast, as_user: AsUser) -> None:
    org_services.create_api_key(user=cast.ann, name="of ann")
    root = org_services.create_user(username="root-user", is_admin=True)
    for user in (cast.sam, root):
        names = [key["name"] for key in send(as_user(user), "get", "auth/keys").json()["items"]]
        assert names == ["test"]
    assert ApiKey.objects.filter(name="of ann").exists()
