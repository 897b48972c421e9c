"""`manage.py adduser`: make a person and an API key from a script, also while the server runs."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from apps.core.errors import AppError, Conflict
from apps.orgs import services
from apps.orgs.models import Membership, Org, User
from apps.orgs.permissions import BuiltinRole

KEY_NAME = "adduser"


class Command(BaseCommand):
    """Print one JSON line, {"username", "api_key", "org"}; on failure one sentence, and exit with 1."""

    help = 'Make a person and print {"username", "api_key", "org"} as one line of JSON.'

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the command line."""
        parser.add_argument("username", metavar="NAME", help="their username")
        parser.add_argument("--email", default="", metavar="E", help="their e-mail address")
        parser.add_argument(
            "--password",
            metavar="P",
            help="their password, by the same rules as on the pages; without one they have the API key only",
        )
        parser.add_argument(
            "--admin", action="store_true", help="make them an administrator of the installation"
        )
        parser.add_argument(
            "--org",
            metavar="ORG",
            help="make them a member of this organisation; its admin, if there is none yet and it has to be made",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make all of it or nothing."""
        try:
            line = _add_user(
                options["username"],
                options["email"],
                options["password"],
                is_admin=options["admin"],
                org=options["org"],
            )
        except AppError as error:
            raise CommandError(_sentence(error)) from None
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be used ({error}). Start the server once, or run manage.py migrate."
            ) from None
        self.stdout.write(json.dumps(line))


@transaction.atomic
def _add_user(
    username: str, email: str, password: str | None, *, is_admin: bool, org: str | None
) -> dict[str, str]:
    if User.objects.filter(username=username).exists():
        raise Conflict(f"There is a user {username} already.")
    user = services.create_user(
        username=username, email=email, password=password, is_admin=is_admin
    )
    if org is not None:
        _join(org, user)
    _key, secret = services.create_api_key(user=user, name=KEY_NAME)
    return {"username": user.username, "api_key": secret, "org": org or user.username}


def _join(slug: str, user: User) -> None:
    org = Org.objects.filter(slug=slug).first()
    if org is None:
        services.create_org(slug=slug, admin=user)
    elif not Membership.objects.filter(org=org, user=user).exists():
        services.set_role(org=org, user=user, role=BuiltinRole.MEMBER)


def _sentence(error: AppError) -> str:
    """Say what is wrong with which option."""
    reasons = [f"{field}: {text}" for field, texts in error.fields.items() for text in texts]
    return " ".join([error.message, *reasons])
