"""What people fill in about limits: storage in GB, the rest as counts. Empty: no limit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.errors import AppError
from apps.orgs.forms import PlainForm
from apps.orgs.models import Quota

GB = 10**9
MAX_GB = 10**9
MAX_COUNT = 10**18


class ProjectQuotaForm(PlainForm):
    """The limits of a project."""

    storage_gb = forms.FloatField(
        label=_("Storage in GB"), required=False, min_value=0, max_value=MAX_GB
    )
    runs = forms.IntegerField(label=_("Runs"), required=False, min_value=0, max_value=MAX_COUNT)
    points = forms.IntegerField(label=_("Points"), required=False, min_value=0, max_value=MAX_COUNT)

    @classmethod
    def initial_of(cls, quota: Quota | None) -> dict[str, Any]:
        """Return what the form shows of limits that are set."""
        if quota is None:
            return {}
        amounts: dict[str, Any] = quota.amounts()
        size = amounts.pop("storage_bytes")
        return {**amounts, "storage_gb": None if size is None else f"{size / GB:g}"}

    def amounts(self) -> dict[str, int | None]:
        """Return the limits as the services take them."""
        amounts = dict(self.cleaned_data)
        size = amounts.pop("storage_gb")
        return {**amounts, "storage_bytes": None if size is None else round(size * GB)}

    def add_problems(self, error: AppError) -> None:
        """Show what a service refused of the storage at its field."""
        fields = dict(error.fields)
        if "storage_bytes" in fields:
            fields["storage_gb"] = fields.pop("storage_bytes")
        super().add_problems(AppError(error.message, code=error.code, fields=fields))


class OrgQuotaForm(ProjectQuotaForm):
    """The limits of an organisation."""

    seats = forms.IntegerField(label=_("Seats"), required=False, min_value=0, max_value=MAX_COUNT)
