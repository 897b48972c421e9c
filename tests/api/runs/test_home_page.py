"""The home page."""

from django.test import Client

from apps.runs import documents
from tests.conftest import Cast
from tests.factories import make_project, make_run


def browser_of(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.ann)
    return client


def test_newcomer_sees_how_to_begin(cast: Cast) -> None:
    html = browser_of(cast).get("/").content.decode()
    assert "No runs yet" in html
    assert "pip install http://testserver/sdk/wanllm-" in html
    assert 'project=<span class="s">"acme/mnist"</span>' in html


def test_runs_and_projects_are_listed(cast: Cast) -> None:
    run = make_run(cast.mnist, cast.ann, name="muon-s0")
    documents.update_summary(run_id=run.pk, set_values={"train/loss": 2.45712})
    html = browser_of(cast).get("/").content.decode()
    assert run.get_absolute_url() in html
    assert "2.4571" in html
    assert f'<spark-line key="train/loss" run="{run.uid}" state="running">' in html
    assert "1 running" in html


def test_private_projects_of_others_are_not_listed(cast: Cast) -> None:
    make_run(cast.mnist, cast.ann, name="secret-run")
    client = Client()
    client.force_login(cast.sam)
    html = client.get("/").content.decode()
    assert "secret-run" not in html
    assert "mnist" not in html


def test_many_projects_come_in_pages(cast: Cast) -> None:
    for number in range(25):
        make_project(cast.acme, f"p{number:02}", cast.ann)
    client = browser_of(cast)
    first, second = client.get("/").content.decode(), client.get("/?page=2").content.decode()
    assert 'href="?page=2"' in first
    assert 'href="?page=1"' in second
    assert "/acme/p00" not in first
    assert "/acme/p00" in second


def test_page_costs_the_same_however_many_runs(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        make_run(cast.mnist, cast.ann, name=f"r{number}")
    client = browser_of(cast)
    with django_assert_max_num_queries(19):  # type: ignore[operator]  # pytest-django's fixture has no public type
        client.get("/")


def test_signed_out_visitor_is_asked_to_sign_in(cast: Cast) -> None:
    answer = Client().get("/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")
