"""The only way to an org, and to what is one's own: loading it is the check."""

from allauth.socialaccount.models import SocialAccount
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, NotFound, Unauthenticated
from apps.core.text import is_storable
from apps.orgs.actor import Actor
from apps.orgs.members import belonging_to
from apps.orgs.models import ApiKey, GroupMapping, Invitation, Org, Role, Team, User
from apps.orgs.permissions import Perm


def get_org(actor: Actor, slug: str, need: Perm = Perm.ORG_VIEW) -> Org:
    """Return the org.

    Raises NotFound when `actor` can't see it (Unauthenticated when nobody is signed in, there or not) and
    Forbidden when they lack `need`.
    """
    visible = Org.objects.visible_to(actor).filter(slug=slug) if is_storable(slug) else None
    org = visible.first() if visible is not None else None
    if org is None:
        refuse_anonymous(actor)
        raise NotFound(
            _("There is no organisation %(org)s that you can see.") % {"org": slug},
            code="org_not_found",
        )
    if not can_in_org(actor, need, org):
        raise Forbidden(
            _("You need the permission %(permission)s in %(org)s. Ask one of its admins.")
            % {"permission": need, "org": slug}
        )
    return org


def can_in_org(actor: Actor, perm: Perm, org: Org) -> bool:
    """Tell whether `actor` holds `perm` in `org`."""
    return Org.objects.visible_to(actor, perm).filter(pk=org.pk).exists()


def held_in(actor: Actor, org: Org) -> frozenset[Perm]:
    """Return all that `actor` may do in `org`, in one query."""
    each = {
        perm.codename: Exists(Org.objects.visible_to(actor, perm).filter(pk=OuterRef("pk")))
        for perm in Perm
    }
    row = Org.objects.filter(pk=org.pk).annotate(**each).values(*each).first() or {}
    return frozenset(perm for perm in Perm if row.get(perm.codename))


def refuse_anonymous(actor: Actor) -> None:
    """Raise Unauthenticated for an anonymous actor: signed in, they may well see what they asked for."""
    if actor.is_anonymous:
        raise Unauthenticated(_("Sign in, or send an API key: Authorization: Bearer KEY."))


def require(actor: Actor, perm: Perm) -> None:
    """Check a permission about the actor's own account: everybody has it, less what their key is not made for."""
    refuse_anonymous(actor)
    if perm not in actor.cap:
        raise Forbidden(
            _(
                "This API key lacks the permission %(permission)s. Use one with full scope, or sign in."
            )
            % {"permission": perm}
        )


def get_self(actor: Actor) -> User:
    """Return the person who asks; raise Unauthenticated for nobody."""
    user = User.objects.filter(pk=actor.user_id).first() if actor.user_id else None
    if user is None:
        raise Unauthenticated(_("Sign in, or send an API key: Authorization: Bearer KEY."))
    return user


def get_own_key(actor: Actor, key_id: int) -> ApiKey:
    """Return a key of the person who asks; raise NotFound for any other."""
    key = ApiKey.objects.owned_by(actor).filter(pk=key_id).first()
    if key is None:
        raise NotFound(_("You have no API key of this number."), code="key_not_found")
    return key


def get_own_link(actor: Actor, link_id: int) -> SocialAccount:
    """Return an account elsewhere that opens that of the person who asks; raise NotFound for any other."""
    link = SocialAccount.objects.filter(user_id=actor.user_id or 0, pk=link_id).first()
    if link is None:
        raise NotFound(_("You have no linked account of this number."), code="link_not_found")
    return link


def get_group_mapping(org: Org, mapping_id: int) -> GroupMapping:
    """Return what a group gives in `org`; raise NotFound for any other mapping."""
    mapping = GroupMapping.objects.filter(org=org, pk=mapping_id).select_related("role").first()
    if mapping is None:
        raise NotFound(_("There is no such mapping here."), code="mapping_not_found")
    return mapping


def is_new_installation() -> bool:
    """Tell whether nobody exists yet, so that whoever comes first makes the administrator."""
    return not User.objects.exists()


# --- What lies in an org that was loaded by get_org -----------------------------------------------
def require_can_give(actor: Actor, org: Org, role: Role) -> None:
    """Raise Forbidden when `role` holds a permission that `actor` lacks in `org`: nobody gives what they haven't."""
    lacking = role.perms - held_in(actor, org)
    if lacking:
        raise Forbidden(
            _("The role %(role)s holds permissions that you lack in %(org)s: %(permissions)s.")
            % {"role": role.label, "org": org.slug, "permissions": ", ".join(sorted(lacking))},
            code="role_above_yours",
        )


def get_role(org: Org, key: str) -> Role:
    """Return a role that can be given in `org`: a built-in one, its own, or one of an org above; or NotFound."""
    role = Role.objects.usable_in(org).filter(key=key).first() if is_storable(key) else None
    if role is None:
        raise NotFound(_("There is no such role here."), code="role_not_found")
    return role


def get_own_role(org: Org, key: str) -> Role:
    """Return a role that `org` itself has made; raise NotFound for any other."""
    role = get_role(org, key)
    if role.org_id != org.pk:
        raise NotFound(_("There is no such role here."), code="role_not_found")
    return role


def get_member(org: Org, username: str) -> User:
    """Return who belongs to `org`, by themselves or through an org above; raise NotFound for anybody else."""
    people = belonging_to(org)
    user = people.filter(username=username).first() if is_storable(username) else None
    if user is None:
        raise NotFound(
            _("%(user)s is no member of %(org)s.") % {"user": username, "org": org.slug},
            code="member_not_found",
        )
    return user


def get_team(org: Org, slug: str) -> Team:
    """Return a team of `org`; raise NotFound where it has none of this name."""
    team = Team.objects.filter(org=org, slug=slug).first() if is_storable(slug) else None
    if team is None:
        raise NotFound(_("There is no such team here."), code="team_not_found")
    team.org = org
    return team


def get_invitation(org: Org, invitation_id: int) -> Invitation:
    """Return an invitation to `org`; raise NotFound for any other."""
    found = Invitation.objects.filter(org=org, pk=invitation_id).select_related("role", "team")
    invitation = found.first()
    if invitation is None:
        raise NotFound(_("There is no such invitation here."), code="invitation_not_found")
    return invitation


def get_service_account(org: Org, username: str) -> User:
    """Return a service account of `org`; raise NotFound for any other account."""
    accounts = User.objects.filter(service_org=org, username=username)
    account = accounts.first() if is_storable(username) else None
    if account is None:
        raise NotFound(_("There is no such service account here."), code="account_not_found")
    return account


def get_key_of(account: User, key_id: int) -> ApiKey:
    """Return a key of a service account that was loaded by get_service_account; raise NotFound for any other."""
    key = ApiKey.objects.filter(user=account, pk=key_id).first()
    if key is None:
        raise NotFound(_("It has no API key of this number."), code="key_not_found")
    return key


def get_person(actor: Actor, username: str) -> User:
    """Return anybody, for administrators of the installation; raise NotFound where there is nobody of the name."""
    require_administrator(actor)
    user = User.objects.filter(username=username).first() if is_storable(username) else None
    if user is None:
        raise NotFound(_("There is nobody of this name."), code="user_not_found")
    return user


def require_administrator(actor: Actor) -> None:
    """Check that somebody administers the installation, and that their key, if any, is made for all of it."""
    refuse_anonymous(actor)
    is_limited = actor.only_org_id is not None or actor.only_project_id is not None
    if not actor.is_superuser or is_limited or Perm.ACCOUNT_MANAGE not in actor.cap:
        raise Forbidden(_("Only administrators of this installation may do this."))
