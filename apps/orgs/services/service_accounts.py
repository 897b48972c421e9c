"""Every write about service accounts: members of an org that are machines, with API keys and nothing else."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.text import normalise
from apps.orgs import access
from apps.orgs.actor import Actor
from apps.orgs.models import Membership, Org, Role, Team, User
from apps.orgs.services.members import set_role
from apps.orgs.services.people import is_taken, set_active
from apps.orgs.services.teams import join_team


@transaction.atomic
def create_service_account(
    *, org: Org, username: str, name: str = "", role: Role, team: Team | None = None, by: Actor
) -> User:
    """Make an account for a machine: a member of the org as `role`, and of one of its teams.

    Raises Forbidden `role_above_yours` or `team_above_yours`, Invalid naming each field that cannot be used.
    """
    access.require_can_give(by, org, role)
    account = User(
        username=username, name=normalise(name.strip()), service_org=org, service_team=team
    )
    account.set_unusable_password()
    _check(account)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError:  # Another request took the name meanwhile.
        raise _taken() from None
    set_role(org=org, user=account, role=role.pk, by=by)
    if team is not None:
        join_team(team=team, user=account, by=by)
    return account


def require_control(*, account: User, by: Actor) -> None:
    """Raise Forbidden when a service account holds more than `by` does: its keys would be a way up."""
    for membership in Membership.objects.filter(user=account).select_related("org", "role"):
        access.require_can_give(by, membership.org, membership.role)


@transaction.atomic
def set_account_active(*, account: User, is_active: bool, by: Actor) -> None:
    """Close a service account, whose keys end at once, or open it again."""
    require_control(account=account, by=by)
    set_active(user=account, is_active=is_active)


def _check(account: User) -> None:
    problems: dict[str, list[str]] = {}
    try:
        account.full_clean(exclude=["password"])
    except ValidationError as error:
        problems = dict(error.message_dict)
    if "username" not in problems and is_taken(account.username):
        raise _taken()
    team = account.service_team
    if team is not None and team.org_id != account.service_org_id:
        problems["team"] = [_("There is no such team here.")]
    if problems:
        raise Invalid(_("This account cannot be made."), fields=problems)


def _taken() -> Invalid:
    return Invalid(
        _("This account cannot be made."), fields={"username": [_("This name is taken.")]}
    )
