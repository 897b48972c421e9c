"""The database at a start and at a stop: reachable, not newer than the code, migrated; the log folded in."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from wanllmdb.serving.say import Say

# Any number that no other program would take on this database: "wanllmdb" in ASCII.
MIGRATION_LOCK = 0x77616E6C6C6D6462
CONNECT_S = 5


def bring_up_to_date(*, say: Say) -> None:
    """Migrate if this code has migrations that the database lacks.

    Raises SystemExit with a sentence when the database does not answer or a newer version has been at it.
    """
    try:
        _reach()
        with _one_migrator():
            executor = MigrationExecutor(connection)
            refuse_newer(executor.loader)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                say("Bringing the database up to date …")
                call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise SystemExit(
            f"The database {described()} cannot be used ({reason}): check WANLLMDB_DATABASE_URL, "
            "and that the database runs and lets this user in."
        ) from None
    finally:
        connection.close()


def _reach() -> None:
    """Connect once, so that a database that does not answer is known at once: the pool would try for long."""
    if connection.vendor == "postgresql":
        with connection.wrap_database_errors:
            psycopg.connect(**connection.get_connection_params(), connect_timeout=CONNECT_S).close()


def refuse_newer(loader: MigrationLoader) -> None:
    """Raise SystemExit if the database has migrations that this code does not know."""
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update((app, name) for app, name in migration.replaces)
    unknown = sorted(set(loader.applied_migrations) - known)
    if unknown:
        app, migration_name = unknown[0]
        raise SystemExit(
            f"The database {described()} was used by a newer wanLLMDB than this {settings.VERSION} (it has "
            f"{app}.{migration_name}): start that version again, or restore a backup made before."
        )


@contextmanager
def _one_migrator() -> Iterator[None]:
    """Let servers that start together on one PostgreSQL migrate one after the other. SQLite's server is alone."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def checkpoint() -> None:
    """Fold SQLite's write-ahead log into the database, so that a stopped server leaves one file to copy."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def described() -> str:
    """Name the database in a sentence, without the password."""
    config = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        return str(config["NAME"])
    return f"{config['NAME']} on {config.get('HOST') or 'localhost'}:{config.get('PORT') or 5432}"
