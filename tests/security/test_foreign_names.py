"""What others have cannot be told from what does not exist, whichever argument of whichever route names it."""

from __future__ import annotations

from typing import Any

import pytest

from apps.orgs import services as org_services
from tests.api.access_matrix import Row
from tests.api.test_access_matrix import World, world
from tests.conftest import Cast
from tests.factories import make_project, make_run
from tests.security.rows import (
    ROWS,
    arguments_of,
    ask,
    by_family,
    each,
    is_rest,
    rights,
    undone,
    url_of,
)

__all__ = ["world"]  # The fixture.

PLACES = {"org", "project", "run"}


@pytest.fixture
def secret(world: World, cast: Cast) -> dict[str, Any]:
    """What sam has and nobody of acme may know of, by the names of the arguments."""
    hidden = org_services.create_org(slug="hidden", admin=cast.sam)
    run = make_run(make_project(hidden, "secret", cast.sam), cast.sam)
    type(run).objects.filter(pk=run.pk).update(short_id=run.uid)
    return {"org": "hidden", "project": "secret", "run": run.uid}


MISSING = {"org": "nobody", "project": "nothing", "run": "zzzzzzzzzzzz"}


def told(response: Any, *names: str) -> tuple[int, str]:
    """Return the answer without the names that were asked for and the marks that differ each time."""
    text = (
        response.content.decode() if response.status_code != 302 else response.headers["Location"]
    )
    if "text/html" in response.headers.get("Content-Type", ""):
        text = ""  # Error pages carry tokens; their status and their kind are compared.
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "…")
    return response.status_code, text


@by_family([row for row in ROWS if PLACES & set(arguments_of(row))])
def test_hidden_and_missing_are_told_the_same(
    rows: list[Row], world: World, secret: dict[str, Any]
) -> None:
    for row in each(rows):
        names = [*secret.values(), *MISSING.values()]
        for actor in ("anonymous", "viewer", "admin"):
            client = world.client(actor, is_api=is_rest(row))
            answers = []
            for others in (secret, MISSING):
                with undone():
                    answers.append(told(ask(client, row, url_of(row, world, **others)), *names))
            assert answers[0] == answers[1], actor
            assert answers[0][0] in ({401, 302} if actor == "anonymous" else {404})


def missing(value: Any) -> Any:
    """Return what nothing is called, of the same kind."""
    return 987_654_321 if isinstance(value, int) else "z" * len(str(value))


INNER = [row for row in ROWS if set(arguments_of(row)) - PLACES and "org" in arguments_of(row)]


@by_family(INNER)
def test_what_belongs_to_others_is_not_found_under_one_s_own(
    rows: list[Row], world: World, cast: Cast, secret: dict[str, Any]
) -> None:
    """sam is the admin of `hidden`, and names acme's teams, roles, members and invitations there."""
    for row in each(rows):
        inner = {name: world.arguments[name] for name in set(arguments_of(row)) - PLACES}
        nowhere = {name: missing(value) for name, value in inner.items()}
        names = [str(value) for value in (*inner.values(), *nowhere.values())]
        client = world.client("stranger", is_api=is_rest(row))
        before = rights()
        answers = []
        for arguments in (inner, nowhere):
            with undone():
                response = ask(client, row, url_of(row, world, **secret, **arguments))
                answers.append(told(response, *names))
                assert rights() == before
        assert answers[0] == answers[1]
        assert answers[0][0] in {404, 422}
