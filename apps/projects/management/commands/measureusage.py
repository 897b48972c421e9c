"""`manage.py measureusage`: measure now what projects and organisations hold, also while the server runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.projects import usage


class Command(BaseCommand):
    """Measure everything, as the schedule does every five minutes."""

    help = "Measure now what projects and organisations hold, which limits are compared with."

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure."""
        usage.measure_all()
