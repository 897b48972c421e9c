from django.db import migrations

# The columns that people order, compare and match by. A later AlterField that changes one's type has to
# collate it again: Django does not know of this (tests/unit/runs/test_schema.py notices).
COLUMNS = {
    "runs_fact": ["text"],
    "runs_factkey": ["source", "path"],
    "runs_run": ["uid", "short_id", "name", "group", "job_type", "notes"],
    "runs_runtag": ["name"],
}


def collate_by_code_point(apps, schema_editor):
    """Order text on PostgreSQL as SQLite does, whatever locale the database was created with."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            cursor.execute(
                "SELECT column_name, udt_name, character_maximum_length"
                " FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND table_name = %s AND column_name = ANY(%s)",
                [table, columns],
            )
            for column, kind, length in cursor.fetchall():
                type_sql = f"{kind}({length})" if length else kind
                schema_editor.execute(
                    f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE {type_sql} COLLATE "C"'
                )


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0002_facts"),
    ]

    operations = [
        migrations.RunPython(collate_by_code_point, migrations.RunPython.noop),
    ]
