import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0004_fill_roles")]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.ForeignKey(
                default="member",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to="orgs.role",
                verbose_name="role",
            ),
        ),
    ]
