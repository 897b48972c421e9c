"""Whatever changes who may do what leaves a trace that names who did it, and no secret."""

from __future__ import annotations

from typing import Any

from apps.audit.models import Entry
from tests.api.access_matrix import Row
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

DONE = [row for row in UNSAFE if int(expected_of(row, "admin")) < 400]


@by_family(DONE)
def test_a_change_of_rights_is_recorded(rows: list[Row], world: World) -> None:
    for row in each(rows):
        client = world.client("admin", is_api=is_rest(row))
        before, known = rights(), Entry.objects.count()
        with undone():
            response = ask(client, row, url_of(row, world))
            assert response.status_code == expected_of(row, "admin")
            entries = list(Entry.objects.order_by("pk")[known:])
            assert_without_secrets(entries, response)
            if rights() != before:
                assert "ann" in {entry.actor_name for entry in entries}


def assert_without_secrets(entries: list[Entry], response: Any) -> None:
    """Check that neither hashes nor the secret that the answer shows once are in the log."""
    text = "".join(str(entry.__dict__) for entry in entries)
    assert "md5$" not in text
    assert "digest" not in text
    if "json" in response.headers.get("Content-Type", ""):
        for name in ("secret", "token", "link"):
            secret = str(response.json().get(name) or "no such thing")
            assert secret.rpartition("/")[2] not in text
