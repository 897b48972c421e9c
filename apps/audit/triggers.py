"""Triggers that hold the database itself to it: entries and seals are added, and cut off before the cut only."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = {
    "audit_entry": (
        "EXISTS (SELECT 1 FROM audit_seal s JOIN audit_chain c ON s.seq <= c.cut_seq"
        " WHERE s.entry_id = OLD.id)"
    ),
    "audit_seal": "EXISTS (SELECT 1 FROM audit_chain c WHERE OLD.seq <= c.cut_seq)",
}
MESSAGE = "the audit log can only be added to"


def install(connection: BaseDatabaseWrapper) -> None:
    """Make them."""
    for table, is_cut in TABLES.items():
        statements = (
            _postgres(table, is_cut)
            if connection.vendor == "postgresql"
            else _sqlite(table, is_cut)
        )
        _run(connection, statements)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take them away: for migrating back, and for tests, which empty every table."""
    for table in TABLES:
        if connection.vendor == "postgresql":
            _run(
                connection,
                [
                    f"DROP TRIGGER IF EXISTS {table}_kept ON {table}",
                    f"DROP FUNCTION IF EXISTS {table}_kept()",
                ],
            )
        else:
            _run(
                connection,
                [f"DROP TRIGGER IF EXISTS {table}_{event}" for event in ("update", "delete")],
            )


def _sqlite(table: str, is_cut: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
        f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} WHEN NOT {is_cut} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    ]


def _postgres(table: str, is_cut: str) -> list[str]:
    return [
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' AND {is_cut} THEN RETURN OLD; END IF; "
        f"RAISE EXCEPTION '{MESSAGE}'; END $$",
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_kept()",
    ]


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
