"""Every write about teams."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.text import normalise
from apps.orgs import access, events
from apps.orgs.actor import Actor
from apps.orgs.members import belongs
from apps.orgs.models import Org, Team, User
from apps.orgs.permissions import Perm
from apps.orgs.services.changes import announce_access_changed, only
from apps.orgs.services.members import lock_org

TEAM_EDITABLE = frozenset({"title", "description"})


@transaction.atomic
def create_team(*, org: Org, slug: str, title: str = "", description: str = "") -> Team:
    """Make a team; raise Conflict `team_exists`, Invalid naming each field that cannot be used."""
    team = Team(
        org=org,
        name=f"{org.slug}/{slug}",
        slug=slug,
        title=normalise(title.strip()) or slug,
        description=description,
    )
    _check(team)
    try:
        with transaction.atomic():
            team.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            _("%(org)s has a team %(team)s already.") % {"org": org.slug, "team": slug},
            code="team_exists",
        ) from None
    return team


@transaction.atomic
def update_team(*, team: Team, **changes: str) -> Team:
    """Change a team's title or description; raise Invalid naming each field that cannot be used."""
    only(changes, TEAM_EDITABLE)
    if "title" in changes:
        changes["title"] = normalise(changes["title"].strip()) or team.slug
    for field, value in changes.items():
        setattr(team, field, value)
    _check(team)
    team.save(update_fields=list(changes))
    return team


@transaction.atomic
def delete_team(*, team: Team) -> None:
    """Delete a team, and with it what its members were granted through it."""
    people = list(team.user_set.values_list("pk", flat=True))
    team.delete()
    for user_id in people:
        announce_access_changed(user_id)


@transaction.atomic
def join_team(*, team: Team, user: User, by: Actor | None = None) -> None:
    """Put a member of the org, or of one above it, into a team; raise Conflict `no_member` for anybody else.

    `by` is who asks, None for the installation itself: raises as `require_can_let_in` does.
    """
    if by is not None:
        require_can_let_in(by, team)
    lock_org(team.org)  # Nobody leaves the org meanwhile.
    if not belongs(user, team.org):
        raise Conflict(
            _("%(user)s is no member of %(org)s.") % {"user": user, "org": team.org.slug},
            code="no_member",
        )
    team.user_set.add(user)
    announce_access_changed(user.pk)


def require_can_let_in(actor: Actor, team: Team) -> None:
    """Raise Forbidden `team_above_yours` for a team that was given more than `actor` holds in its org.

    Who may only manage members would otherwise come to projects through a team that they join.
    """
    answers: list[tuple[Any, Any]] = events.team_asked.send(sender=Team, team_id=team.pk)
    given = frozenset[Perm]().union(*(perms for _receiver, perms in answers))
    lacking = given - access.held_in(actor, team.org)
    if lacking:
        raise Forbidden(
            _("The team %(team)s was given permissions that you lack in %(org)s: %(permissions)s.")
            % {
                "team": team.title,
                "org": team.org.slug,
                "permissions": ", ".join(sorted(lacking)),
            },
            code="team_above_yours",
        )


@transaction.atomic
def leave_team(*, team: Team, user: User) -> None:
    """Take somebody out of a team."""
    team.user_set.remove(user)
    announce_access_changed(user.pk)


def _check(team: Team) -> None:
    try:
        team.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(_("This team cannot be saved."), fields=error.message_dict) from None
