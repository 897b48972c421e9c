"""Runs, their documents, tags and the history of their config."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.core import clock, json_values
from apps.core.ids import random_id
from apps.orgs.models import Org, User, teams_of
from apps.orgs.permissions import ON_RUN, Perm
from apps.projects.models import Project, within_key

if TYPE_CHECKING:
    from apps.orgs.actor import Actor

SHORT_ID_PATTERN = r"(?!\.{1,2}\Z)[A-Za-z0-9_.-]{1,64}"
short_id_validator = RegexValidator(
    rf"^{SHORT_ID_PATTERN}\Z", _("Use 1 to 64 letters, digits, - _ and dots.")
)


# What the search index and the summary are made from; nobody reads it with a run.
INNER_DOCUMENTS = ("document__own_summary", "document__statistics", "document__fact_keys")


def new_uid() -> str:
    return random_id(16)


class RunQuerySet(models.QuerySet["Run"]):
    def in_project(self, project: Project) -> RunQuerySet:
        """Keep the runs of a project that was loaded through access, without the trash."""
        return self.filter(project=project, deleted_at=None)

    def visible_to(self, actor: Actor, perm: Perm = Perm.RUN_VIEW) -> RunQuerySet:
        """Keep the runs on which `actor` holds `perm`, without the trash."""
        return self.filter(deleted_at=None).including_trash_visible_to(actor, perm)

    def including_trash_visible_to(self, actor: Actor, perm: Perm = Perm.RUN_VIEW) -> RunQuerySet:
        """Like `visible_to`, with runs in the trash: for restoring, and for telling 410 from 404."""
        return self.filter(run_predicate(actor, perm))

    def with_allowed(self, actor: Actor, perm: Perm) -> RunQuerySet:
        """Annotate `allowed`: whether `actor` holds `perm`, in the same query."""
        held = Run.objects.including_trash_visible_to(actor, perm).filter(pk=OuterRef("pk"))
        return self.annotate(allowed=Exists(held))

    def with_documents(self) -> RunQuerySet:
        """Load what a run's JSON needs in two queries, however many runs there are."""
        runs = self.select_related("project__org", "created_by", "document")
        return runs.defer(*INNER_DOCUMENTS).prefetch_related("tags")

    def with_list_documents(self) -> RunQuerySet:
        """Like `with_documents`, without those that no list shows: a diff may have megabytes."""
        return self.with_documents().defer("document__git", "document__environment")


def run_predicate(actor: Actor, perm: Perm) -> Q:
    """The one rule of who may do what on a run: what they may do on its project, and grants on the run itself."""
    projects = Project.objects.visible_to(actor, perm)
    # A list of ids that is found once, rather than a question for each of 100,000 runs.
    held = Q(project__in=projects.order_by().values("pk"))
    if perm not in ON_RUN or perm not in actor.cap or actor.is_anonymous or actor.is_superuser:
        return held
    within = within_key(actor, "project__org_id", "project_id")
    return held | (granted_on_run(actor.user_id, perm) & within)


def granted_on_run(user_id: int | None, perm: Perm) -> Q:
    """The condition "they, or a team of theirs, have a grant that holds perm on this run of a project that is kept"."""
    # Here and not outside, where it would join each run with its project.
    kept = {"permission__codename": perm.codename, "content_object__project__deleted_at": None}
    to_person = RunUserObjectPermission.objects.filter(user_id=user_id, **kept)
    to_team = RunGroupObjectPermission.objects.filter(group_id__in=teams_of(user_id), **kept)
    return Q(pk__in=to_person.values("content_object")) | Q(pk__in=to_team.values("content_object"))


class Run(models.Model):
    """One execution of a script. Narrow on purpose: its documents are in `RunDocument`."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        CRASHED = "crashed", _("Crashed")
        KILLED = "killed", _("Killed")

    # Here and below: no index of its own where a constraint or index begins with the key.
    project = models.ForeignKey(Project, models.CASCADE, related_name="runs", db_index=False)
    uid = models.CharField(max_length=16, unique=True, default=new_uid, editable=False)
    short_id = models.CharField(_("ID"), max_length=64, validators=[short_id_validator])
    number = models.PositiveIntegerField(_("number"), editable=False)
    name = models.CharField(_("name"), max_length=200)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.RUNNING)
    group = models.CharField(_("group"), max_length=200, blank=True)
    job_type = models.CharField(_("job type"), max_length=200, blank=True)
    notes = models.TextField(_("notes"), blank=True, max_length=100_000)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    started_at = models.DateTimeField(_("started"), default=clock.now, editable=False)
    heartbeat_at = models.DateTimeField(_("last heard of"), default=clock.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    exit_code = models.IntegerField(_("exit code"), null=True, editable=False)
    last_step = models.BigIntegerField(_("last step"), null=True, editable=False)
    resumed_count = models.PositiveIntegerField(default=0, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    # The Idempotency-Key it was created with: a repeated request finds its run instead of a conflict.
    creation_key = models.CharField(max_length=64, blank=True, editable=False)

    # What purging it would free, where that was measured.
    size_bytes: int

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-pk"]
        # What a grant on one run can give; pages name permissions by themselves.
        permissions = [(perm.codename, perm.value) for perm in sorted(ON_RUN)]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "short_id"], name="run_id_unique_in_project"
            ),
            models.UniqueConstraint(fields=["project", "number"], name="run_number_unique"),
            models.UniqueConstraint(
                fields=["project", "creation_key"],
                condition=~Q(creation_key=""),
                name="run_creation_key_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="run_newest"),
            models.Index(fields=["project", "created_at", "id"], name="run_created"),
            models.Index(
                fields=["heartbeat_at"], condition=Q(state="running"), name="run_heartbeats"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.short_id})"

    def get_absolute_url(self) -> str:
        org, project = self.project.org.slug, self.project.slug
        return f"/{quote(org)}/{quote(project)}/runs/{quote(self.short_id)}"

    @property
    def is_live(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def last_alive_at(self) -> datetime:
        """When it ended, or was last heard of."""
        return self.ended_at or self.heartbeat_at

    @property
    def duration_s(self) -> float:
        """Seconds from its start to its end, or until it was last heard of."""
        return max(0.0, (self.last_alive_at - self.started_at).total_seconds())

    @property
    def tag_names(self) -> list[str]:
        return [tag.name for tag in self.tags.all()]


class RunUserObjectPermission(UserObjectPermissionBase):
    """A permission that a person was given on one run by sharing it."""

    content_object = models.ForeignKey(Run, models.CASCADE, related_name="person_grants")


class RunGroupObjectPermission(GroupObjectPermissionBase):
    """A permission that a team was given on one run by sharing it."""

    content_object = models.ForeignKey(Run, models.CASCADE, related_name="team_grants")


class RunDocument(models.Model):
    """What a run says of itself. Values are encoded by core.json_values."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="document")
    config = models.JSONField(default=dict)
    config_version = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict)
    git = models.JSONField(default=dict)
    environment = models.JSONField(default=dict)
    # What define_metric said: {key or pattern: {"step_metric", "summary", "goal", "hidden"}}.
    definitions = models.JSONField(default=dict)

    # `summary` is what the metrics came to, overlaid with what the user set; both are kept to tell them apart.
    own_summary = models.JSONField(default=dict)
    # Per metric {"last", "min", "max", "mean", "first", "best", "count"}, as the metric engine reports them.
    statistics = models.JSONField(default=dict)

    # The search index of this run (facts.py): the keys it has facts of, and whether they lag behind.
    fact_keys = models.JSONField(default=list)
    is_stale = models.BooleanField(default=True)
    indexed_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["indexed_at"], condition=Q(is_stale=True), name="run_document_stale"
            )
        ]

    def __str__(self) -> str:
        return f"document of {self.run_id}"

    def merged_summary(self) -> dict[str, Any]:
        """Return what `summary` has to be: the last value of each metric, and over it what the user set."""
        lasts = {
            metric: values["last"]
            for metric, values in json_values.decode(self.statistics).items()
            if values.get("last") is not None
        }
        merged: dict[str, Any] = json_values.encode(
            {**lasts, **json_values.decode(self.own_summary)}
        )
        return merged


class ConfigChange(models.Model):
    """One version of a run's config: what was set and deleted, when and by whom."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="config_changes", db_index=False)
    version = models.PositiveIntegerField()
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=clock.now)
    set_values = models.JSONField(default=dict)
    deleted_paths = models.JSONField(default=list)

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["run", "version"], name="config_version_unique")
        ]

    def __str__(self) -> str:
        return f"config {self.version} of {self.run_id}"


class RunTag(models.Model):
    run = models.ForeignKey(Run, models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="run_tag_unique")]
        indexes = [models.Index(fields=["name", "run"], name="run_tag_name")]

    def __str__(self) -> str:
        return self.name


class FactKeyQuerySet(models.QuerySet["FactKey"]):
    def in_use(self, project: Project) -> FactKeyQuerySet:
        """Keep the keys that runs of a project have now."""
        has_runs = Q(number_count__gt=0) | Q(text_count__gt=0) | Q(boolean_count__gt=0)
        return self.filter(has_runs, project=project)


class FactKey(models.Model):
    """A place where runs of a project have a value, and how many have one of each type there.

    `source` is config, summary, system or git, or the name of a metric's statistic (fields.py); `path` is
    the names on the way to the value, joined by dots, or the metric's name.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=8)
    path = models.CharField(max_length=1024)
    number_count = models.PositiveIntegerField(default=0)
    text_count = models.PositiveIntegerField(default=0)
    boolean_count = models.PositiveIntegerField(default=0)

    objects = FactKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "source", "path"], name="fact_key_unique")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.path}"

    @property
    def run_count(self) -> int:
        return self.number_count + self.text_count + self.boolean_count


class Fact(models.Model):
    """One value of one run, to find and sort runs by; derived from its documents.

    A number has no text, a text has no number, a boolean has both (1 and "true"), NaN is the text "NaN".
    The table is read by key, never by run: a run's facts are found by its `RunDocument.fact_keys`. So `run`
    has no index, and no constraint either, which would scan the whole table whenever a run is purged. Only
    facts.py writes here, and it interns the keys, so checking them again would only cost time.
    """

    pk = models.CompositePrimaryKey("key_id", "run_id")
    key = models.ForeignKey(
        FactKey, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    run = models.ForeignKey(
        Run, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    number = models.FloatField(null=True)
    text = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["key", "number", "run"], name="fact_number"),
            models.Index(
                fields=["key", "text", "run"], condition=Q(text__isnull=False), name="fact_text"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} of {self.run_id}"


class RetentionRule(models.Model):
    """Which runs of a project, or of the projects of an org and those below it, go to the trash by themselves.

    A project's own rule stands in place of its orgs'; one that is off keeps everything. Runs that are running or
    have a tag that is kept never go (retention.py).
    """

    org = models.OneToOneField(
        Org,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="retention",
        verbose_name=_("organisation"),
    )
    project = models.OneToOneField(
        Project,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="retention",
        verbose_name=_("project"),
    )
    is_on = models.BooleanField(_("on"), default=True)
    older_than_days = models.PositiveIntegerField(
        _("ended more than so many days ago"), validators=[MaxValueValidator(36_500)]
    )
    keep_last = models.PositiveIntegerField(
        _("keep the newest"), default=0, validators=[MaxValueValidator(1_000_000)]
    )
    keep_tags = models.JSONField(_("keep those tagged"), default=list, blank=True)
    # Of which states; none: of all in which a run has ended.
    states = models.JSONField(_("only in these states"), default=list, blank=True)
    changed_at = models.DateTimeField(_("changed"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(org=None, project__isnull=False) | Q(org__isnull=False, project=None),
                name="retention_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"retention rule of {self.project or self.org}"
