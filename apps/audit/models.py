"""What happened: entries that only grow, the chain that seals them, and how far each was forwarded."""

from __future__ import annotations

from typing import Any, ClassVar

from auditlog.models import AbstractLogEntry
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.audit.events import change_seen
from apps.audit.origin import CLIENT_LENGTH
from apps.core import clock
from apps.orgs.actor import Actor
from apps.orgs.models import Org, OrgLineage


class AppendOnly(Exception):
    """Somebody tried to change or delete what can only be added to: a fault of the program."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries are read and added. Cutting old ones off is `services.prune`'s."""

    def in_org(self, org: Org) -> EntryQuerySet:
        """Keep what happened in an org that was loaded through access, and in those below it."""
        below = OrgLineage.objects.filter(ancestor=org).values_list("org_id", flat=True)
        return self.filter(org_id__in=list(below))

    def visible_to(self, actor: Actor) -> EntryQuerySet:
        """Keep what happened in the whole installation, for its administrators; for all others nothing."""
        is_limited = actor.only_org_id is not None or actor.only_project_id is not None
        return self if actor.is_superuser and not is_limited else self.none()

    def update(self, **values: Any) -> int:
        """Refuse."""
        raise AppendOnly("entries are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise AppendOnly("entries are never deleted, but by services.prune")


class EntryManager(models.Manager.from_queryset(EntryQuerySet)):  # type: ignore[misc]  # made at run time
    """Where django-auditlog brings the changes that it sees."""

    def log_create(self, instance: models.Model, force_log: bool = False, **seen: Any) -> None:
        """Have a change of a registered model recorded. The name and arguments are django-auditlog's."""
        change_seen.send(
            sender=type(instance),
            instance=instance,
            operation=seen["action"],
            changes=seen["changes"] or {},
        )


class Entry(AbstractLogEntry):  # type: ignore[misc]  # django-auditlog has no types
    """One thing that happened: who did what to which object, from where, and what it changed.

    Nothing here refers to other rows by a constraint: an entry stays as it was written, whatever is deleted later.
    """

    # Columns of the base that we keep otherwise, or don't need.
    content_type = object_id = serialized_data = changes_text = cid = remote_port = None
    actor_email = None

    timestamp = models.DateTimeField(_("when"), default=clock.now)
    action = models.CharField(_("action"), max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("person"),
    )
    actor_name = models.CharField(_("username"), max_length=150, blank=True)
    key_id = models.PositiveBigIntegerField(_("API key"), null=True)
    door = models.CharField(_("door"), max_length=16)
    client = models.CharField(_("program"), max_length=CLIENT_LENGTH, blank=True)
    object_type = models.CharField(_("kind of object"), max_length=60, blank=True)
    object_pk = models.CharField(_("number of the object"), max_length=255, blank=True)
    object_repr = models.CharField(_("object"), max_length=300, blank=True)
    org_id = models.PositiveBigIntegerField(_("organisation"), null=True)
    project_id = models.PositiveBigIntegerField(_("project"), null=True)

    objects: ClassVar[EntryManager] = EntryManager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-timestamp", "-pk"]
        indexes = [
            models.Index(fields=["timestamp", "id"], name="audit_time"),
            models.Index(fields=["org_id", "timestamp", "id"], name="audit_org"),
            models.Index(fields=["project_id", "timestamp", "id"], name="audit_project"),
            models.Index(fields=["actor_name", "timestamp", "id"], name="audit_actor"),
            models.Index(fields=["action", "timestamp", "id"], name="audit_action"),
            models.Index(fields=["object_type", "object_pk"], name="audit_object"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name or self.door} {self.action} {self.object_repr}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add it; refuse to change it."""
        if not self._state.adding:
            raise AppendOnly("entries are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise AppendOnly("entries are never deleted, but by services.prune")


class Seal(models.Model):
    """An entry's place in the chain: its own digest, and that of the chain up to it.

    Apart from the entry, so that an entry is written once and never touched.
    """

    seq = models.PositiveBigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, models.DO_NOTHING, db_constraint=False, related_name="seal")
    content = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"


class Chain(models.Model):
    """The one row that says where the chain begins and ends, and how far it was forwarded.

    It begins after `cut_seq`: what was before was cut off by the retention policy, and `cut_digest` is what the
    first seal that is left continues.
    """

    cut_seq = models.PositiveBigIntegerField(default=0)
    cut_digest = models.CharField(max_length=64, blank=True)
    head_seq = models.PositiveBigIntegerField(default=0)
    head_digest = models.CharField(max_length=64, blank=True)
    forwarded_seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("chain")
        verbose_name_plural = _("chains")

    def __str__(self) -> str:
        return f"{self.cut_seq}–{self.head_seq}:{self.head_digest}"
