"""`manage.py eraseuser`: erase a person for good; without --yes it only lists what would happen."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import AppError
from apps.orgs.actor import ANONYMOUS
from apps.orgs.models import Org, User
from apps.projects import erasure


class Command(BaseCommand):
    """List what erasing NAME does, and do it with --yes."""

    help = "Erase a person for good. Without --yes it only lists what would happen."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the command line."""
        parser.add_argument("username", metavar="NAME", help="their username")
        parser.add_argument("--projects-to", metavar="ORG", help="who gets their own projects")
        parser.add_argument(
            "--delete-projects", action="store_true", help="put their own projects in the trash"
        )
        parser.add_argument(
            "--scrub",
            action="store_true",
            help="take the names of host, user and folders out of their runs",
        )
        parser.add_argument("--yes", action="store_true", help="do it: there is no way back")

    def handle(self, *args: Any, **options: Any) -> None:
        """List or erase."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['username']}.")
        plan = erasure.plan(user)
        self._tell(plan)
        if not options["yes"]:
            return
        heir = self._heir(options["projects_to"])
        if plan.projects and heir is None and not options["delete_projects"]:
            raise CommandError("Say --projects-to ORG or --delete-projects.")
        try:
            erasure.erase_person(
                user=user, actor=ANONYMOUS, heir=heir, is_scrubbed=options["scrub"]
            )
        except AppError as error:
            raise CommandError(error.message) from None
        self.stdout.write("erased")

    def _tell(self, plan: erasure.Plan) -> None:
        for obstacle in plan.obstacles:
            self.stdout.write(f"not possible: {obstacle}")
        for project in plan.projects:
            self.stdout.write(f"own project: {project}")
        for name, count in plan.rows.items():
            self.stdout.write(f"to be deleted: {count} {name}")

    def _heir(self, slug: str | None) -> Org | None:
        if slug is None:
            return None
        org = Org.objects.filter(slug=slug).first()
        if org is None:
            raise CommandError(f"There is no organisation {slug}.")
        return org
