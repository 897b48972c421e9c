"""Fields that nobody asked for change nothing: not who owns something, nor who may do what."""

from __future__ import annotations

from typing import Any

from tests.api.access_matrix import PUBLIC, Row
from tests.api.rest import error_of
from tests.api.test_access_matrix import World, world
from tests.security.rows import (
    UNSAFE,
    ask,
    by_family,
    each,
    expected_of,
    is_rest,
    rights,
    undone,
    url_of,
)

__all__ = ["world"]  # The fixture.

# What a body might try to set; a route that means one of them has it in its row's body.
HOSTILE: dict[str, Any] = {
    "id": 1, "pk": 1, "uid": "aaaaaaaaaaaa", "number": 1, "slug": "taken-over", "user": 1, "user_id": 1,
    "owner": 1, "owner_id": 1, "org": "sam", "org_id": 1, "parent": "sam", "project": "sam/x", "project_id": 1,
    "role": "admin", "roles": ["admin"], "role_id": "admin", "perms": ["org.edit"], "permissions": ["org.edit"],
    "groups": [1], "user_permissions": [1], "is_superuser": True, "is_staff": True, "is_active": False,
    "is_admin": True, "is_personal": True, "service_org": 1, "username": "root-user", "password": "x" * 12,
    "email": "evil@example.org", "created_by": 1, "created_by_id": 1, "created_at": "2001-01-01T00:00:00Z",
    "deleted_at": "2001-01-01T00:00:00Z", "state": "finished", "visibility": "public", "scope": "full",
    "only_org": None, "only_project": None, "digest": "0" * 64, "secret": "0" * 40, "last_run_number": 0,
    "__class__": "x", "_state": "x", "constructor": {"prototype": 1}, "__proto__": {"is_superuser": True},
}  # fmt: skip

# Those that some form has, for what it is about.
ON_FORMS = set("slug name role email visibility scope org parent password username".split())


def takes(row: Row, answer: Any) -> set[str]:
    """Return which of the hostile fields the route knows by itself: those that it did not name as unknown."""
    unknown = [
        name for name, texts in error_of(answer)["fields"].items() if "Unknown field" in texts[0]
    ]
    return HOSTILE.keys() - set(unknown)


@by_family([row for row in UNSAFE if is_rest(row)])
def test_rest_names_what_it_does_not_know_and_changes_nothing(
    rows: list[Row], world: World
) -> None:
    for row in each(rows):
        allowed = [name for name in ("superuser", "admin") if int(expected_of(row, name)) < 400]
        actor = allowed[0] if allowed else "stranger"
        client = world.client(actor, is_api=True)
        before = rights()
        with undone():
            response = ask(client, row, url_of(row, world), {**HOSTILE, **row.body})
            if response.status_code < 400:
                assert not row.body, f"{row} took fields that it does not know"
                after = rights()
        if response.status_code >= 400:
            assert response.status_code == 422
            assert {"is_superuser", "created_by", "owner_id", "__proto__"} & takes(
                row, response
            ) == set()
            assert rights() == before
            continue
        with undone():
            ask(client, row, url_of(row, world))
            assert rights() == after, "a body where none is read changed what happened"


@by_family([row for row in UNSAFE if not is_rest(row) and row.route not in PUBLIC])
def test_pages_read_only_their_own_fields(rows: list[Row], world: World) -> None:
    for row in each(rows):
        client = world.client("admin", is_api=False)
        extra = {name: str(value) for name, value in HOSTILE.items() if name not in ON_FORMS}
        found = []
        for body in (row.body, {**extra, **row.body}):
            with undone():
                status = ask(client, row, url_of(row, world), body).status_code
                found.append((status, rights()))
        assert found[0] == found[1]
