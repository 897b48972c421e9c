"""How much an organisation may hold. None: no limit."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.orgs.models.orgs import Org


def amount_field(label: Any) -> models.BigIntegerField[int | None, int | None]:
    """Return the field of one limit."""
    return models.BigIntegerField(label, null=True, blank=True, validators=[MinValueValidator(0)])


class Quota(models.Model):
    """The most of each kind that something may hold."""

    AMOUNTS: ClassVar[tuple[str, ...]] = ("storage_bytes", "runs", "points")

    storage_bytes = amount_field(_("storage in bytes"))
    runs = amount_field(_("runs"))
    points = amount_field(_("points"))
    changed_at = models.DateTimeField(_("changed"), default=clock.now, editable=False)

    class Meta:
        abstract = True

    def amounts(self) -> dict[str, int | None]:
        """Return its limits by name."""
        return {name: getattr(self, name) for name in self.AMOUNTS}


class OrgQuota(Quota):
    """The most that an org with those below it may hold. Administrators of the installation set it."""

    AMOUNTS: ClassVar[tuple[str, ...]] = (*Quota.AMOUNTS, "seats")

    org = models.OneToOneField(
        Org, models.CASCADE, primary_key=True, related_name="quota", verbose_name=_("organisation")
    )
    seats = amount_field(_("seats"))

    class Meta:
        verbose_name = _("limits of an organisation")
        verbose_name_plural = _("limits of organisations")
        ordering = ["org__slug"]

    def __str__(self) -> str:
        return f"limits of {self.org}"
