"""Count the points of the runs that were there before they were counted."""

from typing import Any

from django.db import migrations

from apps.metrics import heads


def count_points(apps: Any, editor: Any) -> None:
    """Read each run's heads and note the points they have counted."""
    rows = apps.get_model("metrics", "Head").objects
    for pk, *blobs in rows.values_list("pk", "rows", "system").iterator(chunk_size=500):
        points = sum(heads.unpack(bytes(blob)).count_points() for blob in blobs)
        rows.filter(pk=pk).update(points=points)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0003_points_of_runs")]

    operations = [migrations.RunPython(count_points, migrations.RunPython.noop)]
