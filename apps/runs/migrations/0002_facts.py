import django.db.models.deletion
from django.db import migrations, models

import apps.core.clock


def foreign_key(to, related_name):
    """A constraint or another index begins with these columns already."""
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to=to,
    )


def store_by_key(apps, schema_editor):
    """Keep SQLite's table in the order of its primary key: a third smaller, and one look-up less a row."""
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'runs_fact'")
        (sql,) = cursor.fetchone()
    schema_editor.execute("DROP TABLE runs_fact")
    schema_editor.execute(f"{sql} WITHOUT ROWID")


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0001_initial"),
        ("runs", "0001_initial"),
    ]

    operations = [
        migrations.AddField("rundocument", "own_summary", models.JSONField(default=dict)),
        migrations.AddField("rundocument", "statistics", models.JSONField(default=dict)),
        migrations.AddField("rundocument", "fact_keys", models.JSONField(default=list)),
        migrations.AddField("rundocument", "is_stale", models.BooleanField(default=True)),
        migrations.AddField(
            "rundocument", "indexed_at", models.DateTimeField(default=apps.core.clock.now)
        ),
        migrations.AddIndex(
            "rundocument",
            models.Index(
                condition=models.Q(("is_stale", True)),
                fields=["indexed_at"],
                name="run_document_stale",
            ),
        ),
        migrations.AddIndex(
            "run", models.Index(fields=["project", "created_at", "id"], name="run_created")
        ),
        migrations.AlterField("run", "project", foreign_key("projects.project", "runs")),
        migrations.AlterField("configchange", "run", foreign_key("runs.run", "config_changes")),
        migrations.AlterField("runtag", "run", foreign_key("runs.run", "tags")),
        migrations.CreateModel(
            name="FactKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                ("source", models.CharField(max_length=8)),
                ("path", models.CharField(max_length=1024)),
                ("number_count", models.PositiveIntegerField(default=0)),
                ("text_count", models.PositiveIntegerField(default=0)),
                ("boolean_count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key_id",
                        "run_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="runs.factkey",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="runs.run",
                    ),
                ),
                ("number", models.FloatField(null=True)),
                ("text", models.TextField(null=True)),
            ],
        ),
        migrations.RunPython(store_by_key, migrations.RunPython.noop),
        migrations.AddConstraint(
            "factkey",
            models.UniqueConstraint(fields=("project", "source", "path"), name="fact_key_unique"),
        ),
        migrations.AddIndex(
            "fact", models.Index(fields=["key", "number", "run"], name="fact_number")
        ),
        migrations.AddIndex(
            "fact",
            models.Index(
                condition=models.Q(("text__isnull", False)),
                fields=["key", "text", "run"],
                name="fact_text",
            ),
        ),
    ]
