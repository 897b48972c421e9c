"""The only way to an org, and to what is one's own: loading it is the check."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, NotFound, Unauthenticated
from apps.core.text import is_storable
from apps.orgs.actor import Actor
from apps.orgs.models import ApiKey, Org, User
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


def is_new_installation() -> bool:
    """Tell whether nobody exists yet, so that whoever comes first makes the administrator."""
    return not User.objects.exists()
