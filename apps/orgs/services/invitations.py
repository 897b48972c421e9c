"""Every write about invitations."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from apps.core.text import is_storable
from apps.orgs import access
from apps.orgs.actor import Actor
from apps.orgs.members import belongs
from apps.orgs.models import Invitation, Membership, Org, Role, Team, User
from apps.orgs.permissions import Perm
from apps.orgs.services.members import set_role
from apps.orgs.services.teams import join_team, require_can_let_in

LONGEST = timedelta(days=90)
MOST_USES = 1000
log = logging.getLogger(__name__)


@transaction.atomic
def create_invitation(
    *,
    org: Org,
    role: Role,
    by: Actor,
    team: Team | None = None,
    email: str = "",
    max_uses: int | None = 1,
    expires_at: datetime,
) -> tuple[Invitation, str]:
    """Invite whoever opens a link, or only the holder of `email`, and return the link's token.

    The token can't be had again. Raises Forbidden `role_above_yours` or `team_above_yours`, Invalid naming each
    field that cannot be used.
    """
    access.require_can_give(by, org, role)
    if team is not None and team.org_id == org.pk:
        require_can_let_in(by, team)
    token = Invitation.new_token()
    invitation = Invitation(
        org=org,
        role=role,
        team=team,
        email=email.strip().lower(),
        digest=Invitation.digest_of(token),
        max_uses=1 if email.strip() else max_uses,
        created_by_id=by.user_id,
        expires_at=expires_at,
    )
    _check(invitation)
    invitation.save(force_insert=True)
    return invitation, token


def mail_invitation(*, invitation: Invitation, link: str) -> bool:
    """Send the link to the invitation's address; return False, and log why, where the mail server is away."""
    context = {"invitation": invitation, "link": link}
    message = EmailMessage(
        _("You are invited to %(org)s") % {"org": invitation.org.name},
        render_to_string("orgs/invitation_mail.txt", context),
        to=[invitation.email],
    )
    try:
        message.send()
    except (OSError, smtplib.SMTPException):
        log.exception("mail_not_sent invitation=%s", invitation.pk)
        return False
    return True


@transaction.atomic
def revoke_invitation(*, invitation: Invitation) -> None:
    """End an invitation now. Revoking twice keeps the first time."""
    open_ones = Invitation.objects.filter(pk=invitation.pk, revoked_at=None)
    ours = open_ones.select_for_update(of=("self",)).first()
    if ours is not None:
        ours.revoked_at = clock.now()
        ours.save(update_fields=["revoked_at"])


def find_invitation(digest: str) -> Invitation:
    """Return the invitation of this digest that can still be accepted.

    Raises NotFound `invitation_not_found`, and Gone `invitation_revoked`, `_expired`, `_used` or `_void`.
    """
    known = Invitation.objects.select_related("org", "role", "team__org", "created_by")
    invitation = known.filter(digest=digest).first() if is_storable(digest) else None
    if invitation is None:
        raise NotFound(
            _("This invitation does not exist. Ask for a new link."), code="invitation_not_found"
        )
    if invitation.revoked_at is not None:
        raise Gone(_("This invitation was revoked."), code="invitation_revoked")
    if invitation.expires_at <= clock.now():
        raise Gone(_("This invitation has expired. Ask for a new one."), code="invitation_expired")
    if not invitation.is_open:
        raise Gone(_("This invitation has been used already."), code="invitation_used")
    if not _stands(invitation):
        raise Gone(
            _("Who made this invitation may no longer give what it gives."), code="invitation_void"
        )
    return invitation


@transaction.atomic
def accept_invitation(*, digest: str, user: User) -> Invitation:
    """Make somebody a member as an invitation says; who is one already keeps their role, and joins the team.

    Raises as `find_invitation` does, Forbidden `wrong_address`, Conflict `already_member`.
    """
    invitation = find_invitation(digest)
    if not invitation.is_for(user.email):
        raise Forbidden(
            _("This invitation is for another e-mail address than yours."), code="wrong_address"
        )
    is_member = Membership.objects.filter(org=invitation.org, user=user).exists()
    is_in_team = invitation.team is None or invitation.team.user_set.filter(pk=user.pk).exists()
    if (is_member and is_in_team) or user.is_service:
        raise Conflict(
            _("You belong to %(org)s already.") % {"org": invitation.org.slug},
            code="already_member",
        )
    # Of two who use the last one up at once, the second finds no row.
    unused = Q(max_uses=None) | Q(use_count__lt=F("max_uses"))
    taken = Invitation.objects.filter(unused, pk=invitation.pk, revoked_at=None)
    ours = taken.select_for_update(of=("self",)).first()
    if ours is None:
        raise Gone(_("This invitation has been used already."), code="invitation_used")
    ours.use_count += 1
    ours.save(update_fields=["use_count"])
    if not is_member:
        set_role(org=invitation.org, user=user, role=invitation.role_id)
    if invitation.team is not None and belongs(user, invitation.org):
        join_team(team=invitation.team, user=user)
    return invitation


def _stands(invitation: Invitation) -> bool:
    """Tell whether who made it could still make it: it gives nothing that they have lost meanwhile."""
    maker = invitation.created_by
    if maker is None or not maker.is_active:
        return False
    held = access.held_in(Actor.for_user(maker), invitation.org)
    return invitation.role.perms | {Perm.MEMBER_MANAGE} <= held


def _check(invitation: Invitation) -> None:
    problems: dict[str, list[str]] = {}
    try:
        invitation.full_clean(validate_unique=False)
    except ValidationError as error:
        problems = dict(error.message_dict)
    now = clock.now()
    if not now < invitation.expires_at <= now + LONGEST:
        problems["expires_at"] = [
            _("Choose a time within the next %(count)d days.") % {"count": LONGEST.days}
        ]
    if invitation.max_uses is not None and not 1 <= invitation.max_uses <= MOST_USES:
        problems["max_uses"] = [_("Choose from 1 to %(count)d.") % {"count": MOST_USES}]
    if invitation.team is not None and invitation.team.org_id != invitation.org_id:
        problems["team"] = [_("There is no such team here.")]
    if problems:
        raise Invalid(_("This invitation cannot be made."), fields=problems)
