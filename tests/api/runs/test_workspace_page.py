"""A project's page: the first run's checks, then the workspace."""

import pytest
from django.test import Client
from pytest_django import Settings

from apps.orgs import services as org_services
from apps.runs import services
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_project, make_run


@pytest.fixture
def visitor(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.ann)
    return client


def test_new_project_shows_how_to_send_the_first_run(visitor: Client) -> None:
    html = visitor.get("/acme/mnist").content.decode()
    assert "Send the first run to mnist" in html
    assert 'project=<span class="s">"acme/mnist"</span>' in html
    assert 'data-check="key" data-state' not in " ".join(html.split())
    assert "has-key" not in html


def test_checks_that_are_true_already_are_ticked(visitor: Client, cast: Cast) -> None:
    visitor.post("/settings/keys/quick")
    make_run(cast.mnist, cast.ann)
    html = " ".join(visitor.get("/acme/mnist").content.decode().split())
    assert 'data-check="key" data-state="done"' in html
    assert 'data-check="run" data-state="done"' in html
    assert "has-key" in html


def test_first_point_brings_the_workspace(visitor: Client, cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann)
    Run.objects.filter(pk=run.pk).update(last_step=0)
    html = visitor.get("/acme/mnist").content.decode()
    assert '<run-list project="acme/mnist"' in html
    assert 'src="/api/v1/projects/acme/mnist/runs"' in html
    assert '<panel-grid project="acme/mnist"' in html


def test_run_that_ended_without_a_point_is_shown_too(visitor: Client, cast: Cast) -> None:
    services.finish_run(run=make_run(cast.mnist, cast.ann), exit_code=1)
    assert "<run-list" in visitor.get("/acme/mnist").content.decode()


@pytest.mark.parametrize(("query", "view"), [("", "charts"), ("?view=runs", "runs")])
def test_phone_shows_charts_or_runs(visitor: Client, cast: Cast, query: str, view: str) -> None:
    services.finish_run(run=make_run(cast.mnist, cast.ann), exit_code=0)
    html = visitor.get(f"/acme/mnist{query}").content.decode()
    assert f'data-view="{view}"' in html


def test_viewer_is_not_offered_the_settings(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.vic)
    html = client.get("/acme/mnist").content.decode()
    assert "/acme/mnist/settings" not in html


def test_key_that_was_used_says_when(visitor: Client, cast: Cast) -> None:
    _key, secret = org_services.create_api_key(user=cast.ann, name="script")
    Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/auth/me")
    html = " ".join(visitor.get("/acme/mnist").content.decode().split())
    assert "used <ago-time" in html


def test_revoked_key_is_none(visitor: Client, cast: Cast) -> None:
    key, _secret = org_services.create_api_key(user=cast.ann, name="script")
    org_services.revoke_api_key(key=key)
    assert "has-key" not in visitor.get("/acme/mnist").content.decode()


def test_visitor_of_an_open_server_can_sign_in(cast: Cast, settings: Settings) -> None:
    settings.ANONYMOUS_ACCESS = True
    make_project(cast.acme, "open", cast.ann, visibility="public")
    html = Client().get("/acme/open").content.decode()
    assert 'href="/accounts/login/?next=/acme/open"' in " ".join(html.split())
    assert "account-menu" not in html
