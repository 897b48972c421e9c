"""The explainer: why can X do Y on Z?"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.orgs import services as org_services
from apps.orgs.actor import Actor
from apps.orgs.models import ApiKey, Role, Team, User
from apps.orgs.permissions import BuiltinRole
from apps.projects.levels import Level
from apps.projects.sharing import grant_role, share, shared_project
from apps.runs.sharing import shared_run
from tests.conftest import Cast
from tests.factories import make_run

URL = "/api/v1/projects/acme/mnist/access/why"


@pytest.fixture
def ask(cast: Cast, as_user: Callable[[User], Client]) -> Callable[..., Any]:
    ann = as_user(cast.ann)

    def answer(**asked: Any) -> Any:
        return ann.get(URL, asked).json()

    return answer


def test_the_grants_that_count_and_those_that_do_not_are_named(
    cast: Cast, ask: Callable[..., Any]
) -> None:
    team = Team.objects.create(name="acme/vision", org=cast.acme, slug="vision", title="Vision")
    team.user_set.add(cast.vic)
    member = Role.objects.get(pk=BuiltinRole.MEMBER)
    grant_role(shared=shared_project(Actor.for_user(cast.ann), cast.mnist), to=team, role=member)
    answer = ask(user="vic", permission="run.write")
    assert answer["is_allowed"] is True
    (reason,) = answer["reasons"]
    assert (reason["source"], reason["team"], reason["role"], reason["by"]) == (
        "project_role",
        "acme/vision",
        "member",
        "ann",
    )
    (weaker,) = answer["weaker"]
    assert (weaker["source"], weaker["org"], weaker["role"]) == ("org_role", "acme", "viewer")


def test_a_no_is_explained_by_what_does_not_suffice(cast: Cast, ask: Callable[..., Any]) -> None:
    answer = ask(user="vic@example.org", permission="run.delete")
    assert (answer["is_allowed"], answer["reasons"]) == (False, [])
    assert [reason["role"] for reason in answer["weaker"]] == ["viewer"]
    assert ask(user="sam", permission="run.view")["weaker"] == []


def test_a_run_and_the_org_can_be_asked_about(cast: Cast, ask: Callable[..., Any]) -> None:
    run = make_run(cast.mnist, cast.ann, short_id="r1")
    share(shared=shared_run(Actor.for_user(cast.ann), run), to=cast.sam, level=Level.VIEW)
    on_run = ask(user="sam", permission="run.view", run="r1")
    assert [reason["source"] for reason in on_run["reasons"]] == ["run_share"]
    assert ask(user="sam", permission="run.view")["is_allowed"] is False
    in_org = ask(user="ann", permission="member.manage")
    assert [reason["source"] for reason in in_org["reasons"]] == ["org_role"]


def test_what_a_key_takes_away_is_named(cast: Cast, ask: Callable[..., Any]) -> None:
    key, _secret = org_services.create_api_key(user=cast.ann, name="k", scope=ApiKey.Scope.READ)
    answer = ask(user="ann", permission="run.write", key=key.pk)
    assert (answer["is_allowed"], answer["limits"]) == (False, ["scope"])
    assert answer["reasons"]
    ApiKey.objects.filter(pk=key.pk).update(only_org=cast.acme, only_project_id=0)
    answer = ask(user="ann", permission="run.view", key=key.pk)
    assert answer["limits"] == ["project_of_key"]


def test_keys_of_others_are_not_to_be_asked_about(cast: Cast, ask: Callable[..., Any]) -> None:
    key, _secret = org_services.create_api_key(user=cast.mel, name="k")
    answer = ask(user="mel", permission="run.write", key=key.pk)
    assert answer["error"]["code"] == "key_not_found"
    own, _secret = org_services.create_api_key(user=cast.ann, name="k")
    assert ask(user="mel", permission="run.write", key=own.pk)["error"]["code"] == "invalid"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"user": "nobody", "permission": "run.view"}, "user_not_found"),
        ({"user": "", "permission": "run.view"}, "user_not_found"),
        ({"user": "ann", "permission": "run.fly"}, "invalid"),
        ({"user": "ann", "permission": "account.manage"}, "invalid"),
        ({"user": "ann", "permission": "run.view", "run": "nothing"}, "run_not_found"),
        ({"user": "ann", "permission": "project.edit", "run": "r1"}, "invalid"),
        ({"user": "ann", "permission": "run.view", "key": "x" * 99}, "key_not_found"),
    ],
)
def test_what_cannot_be_answered_is_said(
    cast: Cast, ask: Callable[..., Any], asked: dict[str, str], code: str
) -> None:
    make_run(cast.mnist, cast.ann, short_id="r1")
    assert ask(**asked)["error"]["code"] == code


def test_the_page_answers_in_sentences(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.ann)
    page = "/acme/mnist/access/why"
    assert client.get(page).status_code == 200
    text = client.get(page, {"user": "vic", "permission": "run.view"}).content.decode()
    assert "vic may do run.view on acme/mnist" in text
    assert "Viewer of the organisation acme" in text
    text = client.get(page, {"user": "vic", "permission": "run.write"}).content.decode()
    assert "vic may not do run.write on acme/mnist" in text
    assert "Nothing that they were given holds this permission." in text
    assert client.get(page, {"user": "nobody", "permission": "run.view"}).status_code == 422
    assert client.get(page, {"user": "vic", "permission": "run.fly"}).status_code == 422
