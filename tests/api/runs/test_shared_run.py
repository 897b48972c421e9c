"""People who were given one run alone: it works for them by every door, and nothing else of the project does."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.orgs import services as org_services
from apps.orgs.actor import Actor
from apps.orgs.models import ApiKey, Team, User
from apps.orgs.permissions import Perm
from apps.projects import services as project_services
from apps.projects.audience import people_who_reach, reached_by
from apps.projects.levels import OF_RUN, Level
from apps.projects.sharing import share, shared_project, unshare
from apps.runs import access
from apps.runs.models import Run
from apps.runs.sharing import held_on_run, shared_run
from tests.api.metrics.stream_client import writer_of
from tests.api.sockets import Socket, play
from tests.conftest import Cast
from tests.factories import make_run

JSON = "application/json"


@pytest.fixture
def run(cast: Cast) -> Run:
    run = make_run(cast.mnist, cast.ann, short_id="r1", name="shown")
    make_run(cast.mnist, cast.ann, short_id="r2", name="hidden")
    give(cast, run, cast.sam, Level.VIEW)
    return run


def give(cast: Cast, run: Run, to: User | Team, level: Level) -> None:
    share(shared=shared_run(Actor.for_user(cast.ann), run), to=to, level=level)


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("tab", ["", "/charts", "/system", "/logs"])
def test_the_run_s_pages_open_and_lead_nowhere_else(cast: Cast, run: Run, tab: str) -> None:
    response = page(cast.sam).get(f"/acme/mnist/runs/r1{tab}")
    assert response.status_code == 200
    text = response.content.decode()
    assert "shown" in text
    assert 'href="/acme/mnist"' not in text
    assert 'href="/acme"' not in text
    assert "/acme/mnist/runs/r1/share" not in text
    assert "/acme/mnist/runs/r1/edit" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/acme/mnist",
        "/acme/mnist/runs/r2",
        "/acme/mnist/settings",
        "/acme/mnist/access",
        "/api/v1/projects/acme/mnist",
        "/api/v1/projects/acme/mnist/runs",
        "/api/v1/projects/acme/mnist/runs/r2",
        "/api/v1/projects/acme/mnist/columns",
        "/api/v1/projects/acme/mnist/metrics",
        "/api/v1/orgs/acme",
    ],
)
def test_nothing_else_of_the_project_is_to_be_seen(cast: Cast, run: Run, path: str) -> None:
    assert page(cast.sam).get(path).status_code == 404


def test_rest_answers_for_the_run_and_lists_no_project(
    cast: Cast, run: Run, as_user: Callable[[User], Client]
) -> None:
    sam = as_user(cast.sam)
    assert sam.get(f"/api/v1/runs/{run.uid}").json()["name"] == "shown"
    assert sam.get("/api/v1/projects/acme/mnist/runs/r1").json()["name"] == "shown"
    assert sam.get(f"/api/v1/runs/{run.uid}/keys").status_code == 200
    assert sam.get("/api/v1/projects").json()["items"] == []
    assert sam.get(f"/api/v1/runs/{run.uid}/access").status_code == 403
    changed = sam.patch(f"/api/v1/runs/{run.uid}", {"notes": "n"}, content_type=JSON)
    assert changed.status_code == 403


def test_levels_give_what_they_say(cast: Cast, run: Run) -> None:
    for level in Level:
        give(cast, run, cast.sam, level)
        assert held_on_run(Actor.for_user(cast.sam), run) == OF_RUN[level]


@pytest.mark.django_db(transaction=True)
def test_who_may_edit_streams_into_the_run(cast: Cast, run: Run) -> None:
    writer = writer_of(run, cast.sam)
    assert writer.send([{"kind": "heartbeat"}], as_json=True).status == 403
    give(cast, run, cast.sam, Level.EDIT)
    assert writer.send([{"kind": "heartbeat"}], as_json=True).status == 200
    unshare(shared=shared_run(Actor.for_user(cast.ann), run), to=cast.sam)
    assert writer.send([{"kind": "heartbeat"}], 1, as_json=True).status == 404


def test_who_may_edit_edits_its_page_and_who_may_manage_deletes_it(cast: Cast, run: Run) -> None:
    give(cast, run, cast.sam, Level.EDIT)
    form = {"name": "renamed", "tags": "", "notes": ""}
    assert page(cast.sam).post("/acme/mnist/runs/r1/edit", form).status_code == 302
    assert page(cast.sam).post("/acme/mnist/runs/r1/delete").status_code == 403
    give(cast, run, cast.sam, Level.MANAGE)
    gone = page(cast.sam).post("/acme/mnist/runs/r1/delete")
    assert gone.headers["Location"] == "/"
    assert page(cast.sam).post("/acme/mnist/runs/r1/restore").status_code == 302


def test_the_socket_of_the_project_stays_closed_to_them(cast: Cast, run: Run) -> None:
    client = page(cast.sam)

    async def scenario() -> None:
        socket = Socket(client)
        await socket.open()
        answer = await socket.say({"subscribe": "acme/mnist"})
        assert answer["error"]["code"] == "project_not_found"
        await socket.close()

    play(scenario)


def test_home_shows_what_was_shared_and_links_no_project_that_is_hidden(
    cast: Cast, run: Run
) -> None:
    text = page(cast.sam).get("/").content.decode()
    assert "Shared with you" in text
    assert 'href="/acme/mnist/runs/r1"' in text
    assert 'href="/acme/mnist"' not in text
    assert "hidden" not in text.split("Shared with you")[1].split("</section>")[0]
    assert "Shared with you" not in page(cast.vic).get("/").content.decode()
    share(
        shared=shared_project(Actor.for_user(cast.ann), cast.mnist), to=cast.sam, level=Level.VIEW
    )
    assert 'href="/acme/mnist"' in page(cast.sam).get("/").content.decode()


def test_what_a_team_was_given_ends_with_being_in_it(cast: Cast, run: Run) -> None:
    unshare(shared=shared_run(Actor.for_user(cast.ann), run), to=cast.sam)
    assert page(cast.sam).get("/acme/mnist/runs/r1").status_code == 404
    team = Team.objects.create(name="acme/vision", org=cast.acme, slug="vision", title="Vision")
    team.user_set.add(cast.sam)
    give(cast, run, team, Level.VIEW)
    assert page(cast.sam).get("/acme/mnist/runs/r1").status_code == 200
    team.user_set.remove(cast.sam)
    assert page(cast.sam).get("/acme/mnist/runs/r1").status_code == 404


def test_a_run_of_a_project_in_the_trash_is_gone(cast: Cast, run: Run) -> None:
    project_services.delete_project(project=cast.mnist)
    for user in (cast.sam, cast.ann):
        assert page(user).get("/acme/mnist/runs/r1").status_code == 404
    assert not access.can(Actor.for_user(cast.sam), Perm.RUN_VIEW, run)


def test_a_key_for_another_project_does_not_open_the_run(cast: Cast, run: Run) -> None:
    key, secret = org_services.create_api_key(user=cast.sam, name="t")
    ApiKey.objects.filter(pk=key.pk).update(only_project_id=cast.mnist.pk + 1)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get(f"/api/v1/runs/{run.uid}").status_code == 404
    ApiKey.objects.filter(pk=key.pk).update(only_project_id=cast.mnist.pk)
    assert client.get(f"/api/v1/runs/{run.uid}").status_code == 200


def test_the_dialog_of_a_run_shares_the_run_alone(cast: Cast, run: Run) -> None:
    ann = page(cast.ann)
    htmx = {"HX-Request": "true"}
    shown = ann.get("/acme/mnist/runs/r2/share")
    assert [value for value, _label in shown.context["choices"]] == ["view", "edit", "manage"]
    answer = ann.post("/acme/mnist/runs/r2/share", {"who": "sam", "what": "view"}, headers=htmx)
    assert "Stop sharing with sam" in answer.content.decode()
    assert page(cast.sam).get("/acme/mnist/runs/r2").status_code == 200
    refused = ann.post(
        "/acme/mnist/runs/r2/share", {"who": "sam", "what": "role:admin"}, headers=htmx
    )
    assert refused.status_code == 422
    ann.post("/acme/mnist/runs/r2/share/remove", {"who": "sam"}, headers=htmx)
    assert page(cast.sam).get("/acme/mnist/runs/r2").status_code == 404


def test_rest_lists_who_reaches_the_run_and_why(
    cast: Cast, run: Run, as_user: Callable[[User], Client]
) -> None:
    items = as_user(cast.ann).get(f"/api/v1/runs/{run.uid}/access").json()["items"]
    sources = {row["user"]: [reason["source"] for reason in row["reasons"]] for row in items}
    assert sources == {
        "ann": ["org_role"],
        "mel": ["org_role"],
        "sam": ["run_share"],
        "vic": ["org_role"],
    }
    shared = shared_run(Actor.for_user(cast.ann), run)
    found = reached_by(shared, people_who_reach(shared).filter(username="sam"))
    assert found[0].label == "Can view"
