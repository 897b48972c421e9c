import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0005_membership_role"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="replaced_by",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replaces",
                to="orgs.apikey",
                verbose_name="replaced by",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="retires_at",
            field=models.DateTimeField(
                editable=False, null=True, verbose_name="ends, being replaced"
            ),
        ),
    ]
