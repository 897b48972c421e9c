"""`manage.py serve`: the whole of wanLLMDB in this process. `make run` calls it."""

from typing import Any

from django.core.management.base import BaseCommand

from wanllmdb.serving import process


class Command(BaseCommand):
    help = "Bring the data up to date, then serve wanLLMDB on WANLLMDB_HOST:WANLLMDB_PORT until stopped."
    # The checks are for development and `make lint`; they would cost every start half a second.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        process.serve(say=self.say)

    def say(self, sentence: str) -> None:
        """Print at once: the reader may be a pipe that waits for the address."""
        self.stdout.write(sentence)
        self.stdout.flush()
