"""The rows of the access matrix as an attacker asks them, and what must not have changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apps.orgs.models import ApiKey, Membership, Org, RolePermission, User
from apps.projects.models import (
    Project,
    ProjectGrant,
    ProjectGroupObjectPermission,
    ProjectUserObjectPermission,
)
from apps.runs.models import Run
from tests.api import access_matrix
from tests.api.access_matrix import ACTORS, Row
from tests.api.test_access_matrix import OURS, World

# Rows of routes that are gone are the matrix's own tests' to name.
ROWS = [row for row in access_matrix.ROWS if row.route in OURS]
# Every column that says who may do what, and whose something is.
RIGHTS: dict[type[Model], tuple[str, ...]] = {
    User: (
        "username",
        "email",
        "is_superuser",
        "is_staff",
        "is_active",
        "service_org__slug",
        "service_team__slug",
    ),
    Org: ("slug", "parent__slug", "owner__username", "is_personal"),
    Membership: ("org__slug", "user__username", "role__name"),
    RolePermission: ("role__org__slug", "role__name", "perm"),
    ApiKey: ("user__username", "scope", "only_org__slug", "only_project_id", "revoked_at"),
    Project: ("org__slug", "slug", "visibility", "created_by__username", "deleted_at"),
    ProjectGrant: ("project__slug", "user__username", "team__slug", "role__name"),
    ProjectUserObjectPermission: (
        "content_object__slug",
        "user__username",
        "permission__codename",
    ),
    ProjectGroupObjectPermission: (
        "content_object__slug",
        "group__name",
        "permission__codename",
    ),
    Run: ("uid", "project__slug", "state", "created_by__username", "deleted_at"),
}


def rights() -> dict[str, list[tuple[Any, ...]]]:
    """Return who may do what, as the database has it now."""
    return {
        model.__name__: sorted(
            (_timeless(row) for row in model._default_manager.values_list(*columns)), key=repr
        )
        for model, columns in RIGHTS.items()
    }


def _timeless(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Keep of a time only its year, so that what happens now is the same as what happens a moment later."""
    return tuple(value.year if isinstance(value, datetime) else value for value in row)


def is_rest(row: Row) -> bool:
    return OURS[row.route].methods is not None


def arguments_of(row: Row) -> tuple[str, ...]:
    return OURS[row.route].arguments


def expected_of(row: Row, actor: str) -> int | str:
    return row.expected[ACTORS.index(actor)]


def url_of(row: Row, world: World, **others: Any) -> str:
    """Return the row's address, with `others` in place of the world's arguments."""
    values = {**world.arguments, **others}
    return reverse(row.route, kwargs={name: values[name] for name in arguments_of(row)}) + row.query


def ask(client: Client, row: Row, url: str, body: dict[str, Any] | None = None) -> Any:
    """Send the row's request to `url` and return the answer."""
    options: dict[str, Any] = {"content_type": "application/json"} if is_rest(row) else {}
    send = getattr(client, row.method.lower())
    return send(url, row.body if body is None else body, **({} if row.method == "GET" else options))


@contextmanager
def undone() -> Iterator[None]:
    """Take back what happens within, so that the next request finds everything as this one did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def by_family(rows: Iterable[Row]) -> pytest.MarkDecorator:
    """Run a test once for each family of routes, with its `rows`: a world is dear to make."""
    families: dict[str, list[Row]] = {}
    for row in rows:
        families.setdefault(row.route.partition("-")[0], []).append(row)
    return pytest.mark.parametrize("rows", families.values(), ids=families)


def each(rows: list[Row]) -> Iterator[Row]:
    """Go through rows, and say of which one it was that a test failed at."""
    for row in rows:
        print(row)
        yield row


REST = [row for row in ROWS if is_rest(row)]
PAGES = [row for row in ROWS if not is_rest(row)]
UNSAFE = [row for row in ROWS if row.method != "GET"]
