"""The cast that every test shares, and the ground they all stand on: no network, no waiting, no leftovers."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from apps.audit import triggers
from apps.metrics import keys as metric_keys
from apps.orgs import services as org_services
from apps.orgs.models import Membership, Org, User
from apps.orgs.permissions import BuiltinRole
from apps.projects.models import Project
from tests.factories import make_project, make_user
from tests.live_server import LiveServer, copy_of


@dataclass
class Cast:
    """ann is admin, mel member, vic viewer of `acme`; sam is a stranger; `mnist` is its private project."""

    ann: User
    mel: User
    vic: User
    sam: User
    acme: Org
    mnist: Project


@pytest.fixture
def cast(db: None) -> Cast:
    ann, mel, vic, sam = (make_user(name) for name in ("ann", "mel", "vic", "sam"))
    acme = org_services.create_org(slug="acme", admin=ann)
    Membership.objects.create(org=acme, user=mel, role_id=BuiltinRole.MEMBER)
    Membership.objects.create(org=acme, user=vic, role_id=BuiltinRole.VIEWER)
    return Cast(ann, mel, vic, sam, acme, make_project(acme, "mnist", ann))


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """Return a client that speaks with a fresh API key of a user."""

    def sign_in(user: User) -> Client:
        _, secret = org_services.create_api_key(user=user, name="test")
        return Client(headers={"Authorization": f"Bearer {secret}"})

    return sign_in


# --- The ground --------------------------------------------------------------------------------
@pytest.fixture(autouse=True, scope="session")
def only_this_machine() -> Iterator[None]:
    """Refuse every connection that leaves the machine: a test that needs one is wrong everywhere else."""
    connect = socket.socket.connect

    def checked(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
            raise PermissionError(f"A test tried to reach {address[0]}.")
        connect(self, address)

    socket.socket.connect = checked  # type: ignore[method-assign,assignment]  # for this session only
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]  # as it was


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Take the audit log's triggers away: tests that commit empty every table after themselves."""
    with django_db_blocker.unblock():
        triggers.remove(connection)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Forget rate limits and everything else that an earlier test left in a cache."""
    cache.clear()
    metric_keys.forget()


@pytest.fixture(autouse=True)
def commits_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on-commit callbacks when the code's own outermost transaction ends.

    A test's database work lies within one more transaction that is rolled back, so nothing would ever commit.
    """
    leave = transaction.Atomic.__exit__
    register = BaseDatabaseWrapper.on_commit

    def leave_and_run(self: transaction.Atomic, *error: Any) -> None:
        leave(self, *error)
        connection = transaction.get_connection(self.using)
        if _is_within_test_only(connection) and not connection.needs_rollback:
            while connection.run_on_commit:
                connection.run_on_commit.pop(0)[1]()

    def register_or_run(
        self: BaseDatabaseWrapper, func: Callable[[], object], robust: bool = False
    ) -> None:
        if _is_within_test_only(self):
            func()
        else:
            register(self, func, robust)

    monkeypatch.setattr(transaction.Atomic, "__exit__", leave_and_run)
    monkeypatch.setattr(BaseDatabaseWrapper, "on_commit", register_or_run)


def _is_within_test_only(connection: BaseDatabaseWrapper) -> bool:
    blocks = connection.atomic_blocks
    # The mark is Django's own, which its stubs leave out.
    return bool(blocks) and all(block._from_testcase for block in blocks)  # type: ignore[attr-defined]


# --- A real server -----------------------------------------------------------------------------
@pytest.fixture(scope="session")
def migrated_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty, migrated SQLite database, to copy."""
    template = LiveServer(tmp_path_factory.mktemp("migrated") / "data")
    template.manage("migrate", "--verbosity", "0")
    return template.data_dir


@pytest.fixture
def live_server_process(migrated_data: Path, tmp_path: Path) -> Iterator[LiveServer]:
    """A started server that is this test's own: stop, kill and restart it at will."""
    server = LiveServer(copy_of(migrated_data, tmp_path))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared_server(
    migrated_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A started server that the tests of a module share; each makes its own users and projects on it."""
    server = LiveServer(copy_of(migrated_data, tmp_path_factory.mktemp("shared")))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The URL of a PostgreSQL server that tests may make databases on; `make test` starts one."""
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        pytest.skip("TEST_POSTGRES_URL names no PostgreSQL server")
    return url


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The URL of a Redis server for tests; `make test` starts one."""
    url = os.environ.get("TEST_REDIS_URL")
    if not url:
        pytest.skip("TEST_REDIS_URL names no Redis server")
    return url
