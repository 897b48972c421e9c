"""Where points are: the log of batches, the tiles made of them, and what is known of each key.

Read and written through store.py; the hot paths use sql.py.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.projects.models import Project
from apps.runs.models import Run


class Kind(models.IntegerChoices):
    """What a row is. Stored: numbers are never reused."""

    ROWS = 0, _("Rows")
    SYSTEM = 1, _("System")
    CONSOLE = 2, _("Console")


class Stream(models.Model):
    """One writer of a run: a process, or a door. Its records and its rows are numbered 0, 1, 2 …"""

    run = models.ForeignKey(Run, models.CASCADE, related_name="streams", db_index=False)
    uuid = models.UUIDField()
    label = models.CharField(_("label"), max_length=200, blank=True)
    next_offset = models.BigIntegerField(_("next record"), default=0)
    next_row = models.BigIntegerField(_("next row"), default=0)
    last_step = models.BigIntegerField(_("last step"), null=True)
    created_at = models.DateTimeField(_("created"), default=clock.now)
    last_seen_at = models.DateTimeField(_("last seen"), default=clock.now)

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        constraints = [models.UniqueConstraint(fields=["run", "uuid"], name="stream_unique")]

    def __str__(self) -> str:
        return f"{self.label or self.uuid} of {self.run_id}"


class Batch(models.Model):
    """The rows of one request, as they came. Gone when they are in tiles."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    stream = models.ForeignKey(Stream, models.CASCADE, related_name="+", db_index=False)
    first_offset = models.BigIntegerField(_("first record"))
    first_row = models.BigIntegerField(_("first row"))
    rows = models.IntegerField(_("rows"))
    points = models.IntegerField(_("points"))
    received_at = models.DateTimeField(_("received"))
    payload = models.BinaryField()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            models.UniqueConstraint(fields=["stream", "first_offset"], name="batch_unique")
        ]
        # What the sealer looks for is in the index alone.
        indexes = [models.Index(fields=["run", "received_at", "points"], name="batch_waiting")]

    def __str__(self) -> str:
        return f"records {self.first_offset}… of {self.stream_id}"


class Tile(models.Model):
    """Many rows (level 0) or buckets of rows (levels 1 to 3) of one stream, in columns (tiles.py)."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    stream = models.ForeignKey(Stream, models.CASCADE, related_name="+", db_index=False)
    kind = models.SmallIntegerField(_("kind"), choices=Kind.choices)
    level = models.SmallIntegerField(_("level"))
    first_row = models.BigIntegerField(_("first row"))
    last_row = models.BigIntegerField(_("last row"))
    rows = models.IntegerField(_("rows or buckets"))
    min_step = models.BigIntegerField(_("least step"))
    max_step = models.BigIntegerField(_("greatest step"))
    min_time = models.FloatField(_("earliest time"))
    max_time = models.FloatField(_("latest time"))
    is_ordered = models.BooleanField(_("steps ascend"))
    # A full tile is never merged with the next ones again.
    is_full = models.BooleanField(_("full"))
    received_at = models.DateTimeField(_("received"))
    directory = models.BinaryField()
    payload = models.BinaryField()

    class Meta:
        verbose_name = _("tile")
        verbose_name_plural = _("tiles")
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "kind", "level", "first_row"], name="tile_unique"
            )
        ]
        indexes = [models.Index(fields=["run", "kind", "level"], name="tile_of_run")]

    def __str__(self) -> str:
        return f"rows {self.first_row}–{self.last_row} of {self.stream_id}, level {self.level}"


class MetricKey(models.Model):
    """A key's number in its project's directories."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=512)

    class Meta:
        verbose_name = _("metric key")
        verbose_name_plural = _("metric keys")
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="metric_key_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Head(models.Model):
    """What is known of all keys of a run, packed (heads.py). Also the lock that sealers take."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="+")
    # Counts the changes of the run's tiles: a sealer that was overtaken finds another number.
    version = models.BigIntegerField(_("version"), default=0)
    rows = models.BinaryField(default=bytes)
    system = models.BinaryField(default=bytes)
    # Up to which record of each stream the heads have counted: msgpack of {stream: offset}.
    counted = models.BinaryField(default=bytes)
    # The numbers of the keys that have points, as u32: what a project's list of metrics is made of.
    chart_keys = models.BinaryField(default=bytes)
    system_chart_keys = models.BinaryField(default=bytes)
    first_time = models.FloatField(_("time of the first row"), null=True)
    first_system_time = models.FloatField(_("time of the first system sample"), null=True)
    # Least (received − sent) over the requests: about how far the writers' clocks are behind ours.
    clock_skew_s = models.FloatField(_("clock skew in seconds"), null=True)
    # How many points the run has, of both kinds; numbers and everything else.
    points = models.BigIntegerField(_("points"), default=0)
    left_out_points = models.BigIntegerField(_("points left out (too many keys)"), default=0)

    class Meta:
        verbose_name = _("head")
        verbose_name_plural = _("heads")

    def __str__(self) -> str:
        return f"heads of {self.run_id}"
