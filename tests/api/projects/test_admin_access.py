"""Roles and permissions on single projects and runs, in the admin."""

import pytest
from django.test import Client

from apps.orgs.actor import Actor
from apps.orgs.models import Team
from apps.orgs.permissions import BuiltinRole, Perm
from apps.projects import access
from apps.projects.models import ProjectGrant
from apps.runs import access as run_access
from tests.conftest import Cast
from tests.factories import make_run, make_user


@pytest.fixture
def root(cast: Cast) -> Client:
    client = Client()
    client.force_login(make_user("root-user", is_admin=True))
    return client


def test_a_role_on_a_project_is_given_beside_it(cast: Cast, root: Client) -> None:
    url = f"/admin/projects/project/{cast.mnist.pk}/change/"
    form = {
        "slug": "mnist",
        "name": "",
        "description": "",
        "visibility": "private",
        "grants-TOTAL_FORMS": "1",
        "grants-INITIAL_FORMS": "0",
        "grants-0-project": str(cast.mnist.pk),
        "grants-0-user": str(cast.sam.pk),
        "grants-0-team": "",
        "grants-0-role": BuiltinRole.VIEWER,
    }
    response = root.post(url, form)
    assert response.status_code == 302, response.context["errors"]
    grant = ProjectGrant.objects.get()
    assert grant.created_by is not None
    assert (grant.user, grant.role_id, grant.created_by.username) == (
        cast.sam,
        "viewer",
        "root-user",
    )
    assert access.can(Actor.for_user(cast.sam), Perm.RUN_VIEW, cast.mnist)


def test_permissions_on_a_project_are_given_to_a_person(cast: Cast, root: Client) -> None:
    url = f"/admin/projects/project/{cast.mnist.pk}/permissions/"
    assert root.get(url).status_code == 200
    person = f"{url}user-manage/{cast.sam.pk}/"
    offered = root.get(person).content.decode()
    assert "project.view" in offered
    assert "delete_project" not in offered
    assert root.post(person, {"permissions": ["project_view"]}).status_code == 302
    assert access.can(Actor.for_user(cast.sam), Perm.PROJECT_VIEW, cast.mnist)
    root.post(person, {"csrfmiddlewaretoken": "as a browser sends it"})
    assert not access.can(Actor.for_user(cast.sam), Perm.PROJECT_VIEW, cast.mnist)


def test_permissions_on_a_run_are_given_to_a_team(cast: Cast, root: Client) -> None:
    run = make_run(cast.mnist, cast.ann)
    team = Team.objects.create(name="acme/vision", org=cast.acme, slug="vision", title="Vision")
    team.user_set.add(cast.sam)
    url = f"/admin/runs/run/{run.pk}/permissions/group-manage/{team.pk}/"
    assert root.post(url, {"permissions": ["run_view"]}).status_code == 302
    assert run_access.can(Actor.for_user(cast.sam), Perm.RUN_VIEW, run)
    assert root.get(url).status_code == 200
