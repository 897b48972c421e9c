"""Encrypt what is kept encrypted with the newest WANLLMDB_SECRET_KEY, so that the former ones can go."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.orgs import two_factor


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        count = two_factor.encrypt_anew()
        self.stdout.write(f"{count} secrets of second factors are encrypted with the newest key.")
