"""What the rule costs in queries: one for a list, and none for each row, grant, team or level of orgs."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from apps.orgs import services as org_services
from apps.orgs.actor import Actor
from apps.orgs.models import Team
from apps.projects.levels import Level
from apps.projects.models import Project
from apps.projects.sharing import share, shared_project
from apps.runs.models import Run
from apps.runs.sharing import shared_run
from tests.conftest import Cast
from tests.factories import make_project, make_run

PAGES = ["/", "/acme/mnist", "/acme/mnist/runs/r1", "/acme/mnist/access"]


def give_much(cast: Cast) -> None:
    """Let vic see more by every kind of grant, in an org below and in another one."""
    ann = Actor.for_user(cast.ann)
    team = Team.objects.create(name="acme/vision", org=cast.acme, slug="vision", title="Vision")
    team.user_set.add(cast.vic)
    below = org_services.create_org(slug="below", admin=cast.ann, parent=cast.acme)
    other = org_services.create_org(slug="other", admin=cast.ann)
    for number in range(4):
        project = make_project(below, f"deep-{number}", cast.ann)
        make_run(project, cast.ann)
        given = make_project(other, f"given-{number}", cast.ann)
        make_run(given, cast.ann)
        holder = team if number % 2 else cast.vic
        share(shared=shared_project(ann, given), to=holder, level=Level.VIEW)
        alone = make_run(make_project(other, f"alone-{number}", cast.ann), cast.ann)
        share(shared=shared_run(ann, alone), to=holder, level=Level.VIEW)


def test_lists_are_one_query_whatever_was_given(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_run(cast.mnist, cast.ann)
    give_much(cast)
    vic = Actor.for_user(cast.vic)
    with django_assert_num_queries(1):
        assert len(Run.objects.visible_to(vic)) == 1 + 4 + 4 + 4
    with django_assert_num_queries(1):
        assert len(Project.objects.visible_to(vic)) == 1 + 4 + 4


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_no_more_where_more_was_given(cast: Cast, path: str) -> None:
    make_run(cast.mnist, cast.ann, short_id="r1")
    first = make_project(cast.acme, "first", cast.ann)
    share(shared=shared_project(Actor.for_user(cast.ann), first), to=cast.vic, level=Level.MANAGE)
    share(
        shared=shared_project(Actor.for_user(cast.ann), cast.mnist),
        to=cast.vic,
        level=Level.MANAGE,
    )
    client = Client()
    client.force_login(cast.vic)
    client.get(path)
    with CaptureQueriesContext(connection) as before:
        assert client.get(path).status_code == 200
    give_much(cast)
    with CaptureQueriesContext(connection) as after:
        assert client.get(path).status_code == 200
    assert len(after) <= len(before), "more grants, more queries"
