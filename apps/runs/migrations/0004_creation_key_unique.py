from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0003_collate_text"),
    ]

    operations = [
        migrations.AddConstraint(
            "run",
            models.UniqueConstraint(
                condition=models.Q(("creation_key", ""), _negated=True),
                fields=("project", "creation_key"),
                name="run_creation_key_unique",
            ),
        ),
    ]
