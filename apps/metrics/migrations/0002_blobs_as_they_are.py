"""PostgreSQL: keep blobs out of line and uncompressed. They are compressed already, and slices become cheap."""

from typing import Any

from django.db import migrations

BLOBS = (
    ("metrics_batch", "payload"),
    ("metrics_tile", "payload"),
    ("metrics_tile", "directory"),
    ("metrics_head", "rows"),
)


def store_externally(apps: Any, editor: Any) -> None:
    set_storage(editor, "EXTERNAL")


def store_as_usual(apps: Any, editor: Any) -> None:
    set_storage(editor, "EXTENDED")


def set_storage(editor: Any, storage: str) -> None:
    if editor.connection.vendor != "postgresql":
        return
    for table, column in BLOBS:
        editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE {storage}")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_streams_and_tiles")]

    operations = [migrations.RunPython(store_externally, store_as_usual)]
