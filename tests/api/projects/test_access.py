"""Who can reach a project, through REST and pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.orgs.actor import Actor
from apps.orgs.models import Membership, Team, User
from apps.orgs.permissions import BuiltinRole, Perm
from apps.projects import access
from apps.projects.models import Project
from tests.conftest import Cast
from tests.factories import make_user

URL = "/api/v1/projects/acme/mnist/access"
JSON = "application/json"


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def may(cast: Cast, user: User, perm: Perm) -> bool:
    return access.can(Actor.for_user(user), perm, cast.mnist)


# --- REST ----------------------------------------------------------------------------------------
def test_access_is_given_listed_and_taken_back(
    cast: Cast, as_user: Callable[[User], Client]
) -> None:
    ann = as_user(cast.ann)
    given = ann.put(URL, {"user": "sam@example.org", "level": "edit"}, content_type=JSON)
    assert given.status_code == 200
    row = next(row for row in given.json()["items"] if row["user"] == "sam")
    assert row["level"] == "edit"
    assert row["permissions"] == ["project.edit", "project.view", "run.view", "run.write"]
    assert [reason["source"] for reason in row["reasons"]] == ["project_share"]
    assert as_user(cast.sam).get("/api/v1/projects/acme/mnist").status_code == 200

    ann.put(URL, {"user": "sam", "role": "viewer"}, content_type=JSON)
    listed = ann.get(URL).json()
    reason = next(row for row in listed["items"] if row["user"] == "sam")["reasons"][0]
    assert (reason["source"], reason["role"], reason["by"]) == ("project_role", "viewer", "ann")
    assert listed["visibility"] == "private"

    assert ann.delete(f"{URL}?user=sam").status_code == 204
    assert as_user(cast.sam).get("/api/v1/projects/acme/mnist").status_code == 404


def test_a_team_is_given_access(cast: Cast, as_user: Callable[[User], Client]) -> None:
    team = Team.objects.create(name="acme/vision", org=cast.acme, slug="vision", title="Vision")
    team.user_set.add(cast.sam)
    answer = as_user(cast.ann).put(URL, {"team": "acme/vision", "level": "view"}, content_type=JSON)
    (listed,) = answer.json()["teams"]
    assert (listed["team"], listed["members"], listed["level"]) == ("acme/vision", 1, "view")
    row = next(row for row in answer.json()["items"] if row["user"] == "sam")
    assert row["reasons"][0]["team"] == "acme/vision"
    assert as_user(cast.ann).delete(f"{URL}?team=acme/vision").status_code == 204
    assert not may(cast, cast.sam, Perm.PROJECT_VIEW)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"user": "sam"}, 422),
        ({"user": "sam", "team": "acme/x", "level": "view"}, 422),
        ({"user": "sam", "level": "view", "role": "viewer"}, 422),
        ({"user": "sam", "level": "own"}, 422),
        ({"user": "sam", "role": "nothing"}, 422),
        ({"user": "acme/vision", "level": "view"}, 422),
        ({"user": "nobody", "level": "view"}, 404),
        ({"team": "acme/nobody", "level": "view"}, 404),
        ({"user": "sam\0", "level": "view"}, 422),
        ({"user": "sam", "level": "view", "permissions": ["project.delete"]}, 422),
    ],
)
def test_what_cannot_be_given_is_said(
    cast: Cast, as_user: Callable[[User], Client], body: dict[str, Any], status: int
) -> None:
    answer = as_user(cast.ann).put(URL, body, content_type=JSON)
    assert answer.status_code == status
    assert not may(cast, cast.sam, Perm.PROJECT_VIEW)


def test_a_member_gives_no_more_than_they_hold(
    cast: Cast, as_user: Callable[[User], Client]
) -> None:
    mel = as_user(cast.mel)
    assert mel.put(URL, {"user": "sam", "level": "manage"}, content_type=JSON).status_code == 403
    assert mel.put(URL, {"user": "mel", "role": "admin"}, content_type=JSON).status_code == 403
    assert not may(cast, cast.mel, Perm.PROJECT_DELETE)


def test_the_list_comes_in_pages_of_few_queries(
    cast: Cast,
    as_user: Callable[[User], Client],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        user = make_user(f"user-{number:02}")
        Membership.objects.create(org=cast.acme, user=user, role_id=BuiltinRole.VIEWER)
    ann = as_user(cast.ann)
    names: list[str] = []
    cursor = ""
    while True:
        with django_assert_max_num_queries(20):
            answer = ann.get(f"{URL}?limit=9{cursor}").json()
        names += [row["user"] for row in answer["items"]]
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    assert names == sorted(names)
    assert len(names) == 23


# --- Pages ---------------------------------------------------------------------------------------
def test_the_page_says_who_gets_in_and_by_what(cast: Cast) -> None:
    response = page(cast.ann).get("/acme/mnist/access")
    text = response.content.decode()
    assert "3 people can reach this project" in text
    assert "Admin of the organisation acme" in text
    assert (
        'href="/acme/mnist/access"' in page(cast.mel).get("/acme/mnist/settings").content.decode()
    )


def test_only_those_who_may_share_are_offered_it(cast: Cast) -> None:
    assert "/acme/mnist/share" in page(cast.mel).get("/acme/mnist").content.decode()
    text = page(cast.vic).get("/acme/mnist").content.decode()
    assert "/acme/mnist/share" not in text
    assert "/acme/mnist/access" not in text


def test_the_dialog_gives_changes_and_takes_back(cast: Cast) -> None:
    ann = page(cast.ann)
    htmx = {"HX-Request": "true"}
    shown = ann.post("/acme/mnist/share", {"who": "sam", "what": "view"}, headers=htmx)
    assert "Stop sharing with sam" in shown.content.decode()
    assert may(cast, cast.sam, Perm.PROJECT_VIEW)
    ann.post("/acme/mnist/share", {"who": "sam", "what": "role:member"}, headers=htmx)
    assert may(cast, cast.sam, Perm.RUN_WRITE)
    gone = ann.post("/acme/mnist/share/remove", {"who": "sam"}, headers=htmx)
    assert "Stop sharing" not in gone.content.decode()
    assert not may(cast, cast.sam, Perm.PROJECT_VIEW)


def test_a_refusal_is_told_inside_the_dialog_and_what_was_typed_stays(cast: Cast) -> None:
    answer = page(cast.ann).post(
        "/acme/mnist/share", {"who": "nobody", "what": "view"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 404
    text = answer.content.decode()
    assert 'role="alert"' in text
    assert 'value="nobody"' in text


def test_members_are_offered_only_what_they_hold(cast: Cast) -> None:
    response = page(cast.mel).get("/acme/mnist/share")
    offered = [value for value, _label in response.context["choices"]]
    assert offered == ["view", "edit", "role:member", "role:viewer"]


def test_without_javascript_the_forms_lead_to_the_page(cast: Cast) -> None:
    ann = page(cast.ann)
    answer = ann.post("/acme/mnist/share", {"who": "nobody", "what": "view"}, follow=True)
    assert answer.redirect_chain == [("/acme/mnist/access", 302)]
    assert "There is no person or team nobody" in answer.content.decode()


def test_a_project_is_opened_and_closed(cast: Cast) -> None:
    ann = page(cast.ann)
    ann.post("/acme/mnist/share/open", {"visibility": "public"})
    assert Project.objects.get().is_public
    ann.post("/acme/mnist/share/open", {"visibility": "private"})
    assert not Project.objects.get().is_public


def test_suggestions_name_nobody_of_other_orgs(cast: Cast) -> None:
    ann = page(cast.ann)
    assert "vic" in ann.get("/acme/mnist/share/find?who=vi").content.decode()
    assert "sam" not in ann.get("/acme/mnist/share/find?who=sa").content.decode()
