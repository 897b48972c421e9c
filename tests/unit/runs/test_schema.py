"""What Django's models cannot say of the tables, and a later migration could undo unnoticed."""

from importlib import import_module

import pytest
from django.db import connection


@pytest.mark.django_db
def test_text_is_ordered_by_code_point_and_facts_by_key() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'runs_fact'")
            (sql,) = cursor.fetchone()
            assert sql.endswith("WITHOUT ROWID")
            return
        columns = import_module("apps.runs.migrations.0003_collate_text").COLUMNS
        for table, names in columns.items():
            cursor.execute(
                "SELECT column_name, collation_name FROM information_schema.columns"
                " WHERE table_name = %s AND column_name = ANY(%s)",
                [table, names],
            )
            assert dict(cursor.fetchall()) == dict.fromkeys(names, "C")
