"""The shapes of points in REST: what may be asked, and what comes back."""

from __future__ import annotations

import math
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.core.rest import InputSerializer
from apps.metrics.query import DEFAULT_POINTS

KINDS = ("rows", "system")
FORMATS = ("frame", "json", "csv")
MAX_POINTS = 20_000
MAX_RUNS = 2_000
MAX_KEYS = 200
MAX_GROUPS = 200


class FiniteFloatField(serializers.FloatField):
    """A number, and neither NaN nor an infinity."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            raise serializers.ValidationError(_("This has to be a finite number."))
        return value


class QueryInput(InputSerializer):
    """Which lines are wanted, of one run."""

    keys = serializers.ListField(
        child=serializers.CharField(max_length=512, trim_whitespace=False),
        min_length=1,
        max_length=MAX_KEYS,
    )
    x = serializers.CharField(
        default="step",
        max_length=512,
        trim_whitespace=False,
        help_text="step, time (Unix seconds), relative (seconds since the run's first row) or a key",
    )
    points = serializers.IntegerField(
        default=DEFAULT_POINTS, min_value=1, max_value=MAX_POINTS, help_text="at most, of each line"
    )
    kind = serializers.ChoiceField(KINDS, default="rows")
    means = serializers.BooleanField(
        default=False, help_text="for each line that is thinned, also the means of its slices"
    )
    format = serializers.ChoiceField(FORMATS, default="json")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # "from" is a word of Python's, so it cannot be a class attribute.
        fields = super().get_fields()
        for name in ("from", "to"):
            fields[name] = FiniteFloatField(required=False, help_text="on the x axis, inclusive")
        return fields


class GroupInput(InputSerializer):
    """Runs that are drawn as one line with its spread."""

    name = serializers.CharField(max_length=512, allow_blank=True)
    runs = serializers.ListField(child=serializers.CharField(max_length=64), max_length=MAX_RUNS)


class ManyRunsQueryInput(QueryInput):
    """Which lines are wanted, of many runs; runs that are not visible are left out."""

    runs = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=MAX_RUNS
    )
    groups = GroupInput(many=True, required=False)

    def validate_groups(self, value: list[Any]) -> list[Any]:
        if len(value) > MAX_GROUPS:
            raise serializers.ValidationError(_("At most %d groups.") % MAX_GROUPS)
        return value


class TruncateInput(InputSerializer):
    """From where on rows are taken back: a step of the run, or a row of one stream."""

    step = serializers.IntegerField(
        required=False, min_value=-(2**63), max_value=2**63 - 1, help_text="the first to go"
    )
    stream = serializers.UUIDField(required=False)
    row = serializers.IntegerField(required=False, min_value=0, max_value=2**62)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.keys() not in ({"step"}, {"stream", "row"}):
            raise serializers.ValidationError(_("Give a step, or a stream and a row."))
        return attrs


class SeriesOutput(serializers.Serializer[Any]):
    """One line. NaN and infinities are the strings "NaN", "Infinity" and "-Infinity"."""

    run = serializers.CharField(required=False)
    group = serializers.CharField(required=False)
    key = serializers.CharField()
    agg = serializers.CharField(
        required=False, help_text="of a group mean, std, stderr, ci, min, max, n; of a run mean"
    )
    n = serializers.IntegerField()
    total = serializers.IntegerField(help_text="points that are stored in the range")
    level = serializers.IntegerField(help_text="0: read point by point")
    nan = serializers.IntegerField(help_text="of total, NaN or infinite")
    dropped = serializers.IntegerField(help_text="points without a value of the key on x")
    x = serializers.ListField(child=serializers.FloatField())
    y = serializers.ListField(child=serializers.FloatField())


class LinesOutput(serializers.Serializer[Any]):
    """The JSON twin of the binary frame."""

    v = serializers.IntegerField()
    x = serializers.CharField()
    t0 = serializers.DictField(
        child=serializers.FloatField(), help_text="x=relative: the Unix time of 0 of each run"
    )
    series = SeriesOutput(many=True)


class RowOutput(serializers.Serializer[Any]):
    """What was logged at one step."""

    step = serializers.IntegerField()
    time = serializers.FloatField(help_text="Unix seconds")
    values = serializers.DictField()


class RowPageOutput(serializers.Serializer[Any]):
    """The rows of some steps; `next` is the step to go on from, null at the end."""

    rows = RowOutput(many=True)
    next = serializers.IntegerField(allow_null=True)


class ConsoleOutput(serializers.Serializer[Any]):
    """Console lines: each is its number, Unix time, "stdout" or "stderr", and text."""

    lines = serializers.ListField(child=serializers.ListField())
    total = serializers.IntegerField(help_text="lines there are")
    first = serializers.IntegerField(help_text="number of the first of these lines")
    positions = serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="of a search: the numbers of the lines that match, at most 10,000",
    )
    matches = serializers.IntegerField(
        allow_null=True, help_text="of a search: how many lines match"
    )


class HeadOutput(serializers.Serializer[Any]):
    """What is known of a key of a run. Extremes and mean leave NaN and infinities out."""

    key = serializers.CharField()
    type = serializers.ChoiceField(["number", "bool", "text", "json", "null", "mixed"])
    count = serializers.IntegerField()
    last = serializers.JSONField(allow_null=True)
    last_step = serializers.IntegerField(allow_null=True)
    first = serializers.FloatField(allow_null=True)
    min = serializers.FloatField(allow_null=True)
    min_step = serializers.IntegerField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    max_step = serializers.IntegerField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    std = serializers.FloatField(allow_null=True)
    best = serializers.FloatField(allow_null=True, help_text="where a goal is defined")
    nan = serializers.IntegerField()
    inf = serializers.IntegerField()


class HeadListOutput(serializers.Serializer[Any]):
    """The keys of a run, by name."""

    keys = HeadOutput(many=True)
    left_out_points = serializers.IntegerField(help_text="not stored: the run has too many keys")
    clock_skew_s = serializers.FloatField(
        allow_null=True, help_text="about how far the writers' clocks are behind the server's"
    )


class ProjectKeyOutput(serializers.Serializer[Any]):
    """A key that has points in a project."""

    key = serializers.CharField()
    runs = serializers.IntegerField(help_text="runs that have it")


class ProjectKeyListOutput(serializers.Serializer[Any]):
    """The keys of a project's runs, by name."""

    keys = ProjectKeyOutput(many=True)


class TruncateOutput(serializers.Serializer[Any]):
    """What is left."""

    last_step = serializers.IntegerField(allow_null=True)
