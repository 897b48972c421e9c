"""`manage.py exportuser`: write all that is kept about a person into a zip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.orgs.actor import ANONYMOUS
from apps.orgs.models import User
from apps.projects import personal_data


class Command(BaseCommand):
    """Write NAME's data into FILE."""

    help = "Write all that is kept about a person into a zip of JSON files."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the command line."""
        parser.add_argument("username", metavar="NAME", help="their username")
        parser.add_argument("file", metavar="FILE", type=Path, help="the zip to write")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['username']}.")
        path: Path = options["file"]
        with path.open("wb") as file:
            path.chmod(0o600)
            personal_data.write_export(user=user, actor=ANONYMOUS, file=file)
        self.stdout.write(f"wrote {path}")
