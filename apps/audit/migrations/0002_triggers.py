from django.db import migrations

from apps.audit import triggers


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_entries_and_chain")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: triggers.install(editor.connection),
            lambda apps, editor: triggers.remove(editor.connection),
        )
    ]
