from django.db import migrations


def fill(apps, schema_editor):
    """Give the rows that exist what the next migration and the checks join: roles, lineages and owners."""
    Role = apps.get_model("orgs", "Role")
    Org, Lineage = apps.get_model("orgs", "Org"), apps.get_model("orgs", "OrgLineage")
    for key in ("admin", "member", "viewer"):
        Role.objects.get_or_create(key=key, defaults={"name": key})
    Lineage.objects.bulk_create(
        (Lineage(org=org, ancestor=org, distance=0) for org in Org.objects.all()),
        batch_size=500,
        ignore_conflicts=True,
    )
    for org in Org.objects.filter(owner=None).iterator():
        admins = org.memberships.filter(role="admin").order_by("pk")
        if (admin := admins.first()) is not None:
            org.owner_id = admin.user_id
            org.save(update_fields=["owner"])


class Migration(migrations.Migration):
    dependencies = [("orgs", "0003_roles_and_teams")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
