"""`manage.py audit_verify`: whether the audit log is as it was written, and where it is not."""

from __future__ import annotations

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.chain import Head, breaks, head

SHOWN = 100


class Command(BaseCommand):
    """Reads the whole chain; says where it breaks; exit code 1 if it does."""

    help = "Verify the chain over the audit log. Prints its head, SEQ:DIGEST, to be kept elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a head that was kept."""
        parser.add_argument(
            "--expect", metavar="SEQ:DIGEST", help="a head that was printed earlier"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify."""
        count = 0
        for count, found in enumerate(breaks(_read_head(options["expect"])), 1):
            if count <= SHOWN:
                entry = "" if found.entry_id is None else f" (entry {found.entry_id})"
                self.stdout.write(f"{found.kind} at {found.seq}{entry}")
        if count:
            raise CommandError(f"The audit log is not as it was written: {count} breaks.")
        self.stdout.write(f"The audit log is as it was written. Head {head()}")


def _read_head(text: str | None) -> Head | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}:[0-9a-f]{64}", text):
        raise CommandError("--expect takes a head as this command prints it, SEQ:DIGEST.")
    seq, _colon, digest = text.partition(":")
    return Head(int(seq), digest)
