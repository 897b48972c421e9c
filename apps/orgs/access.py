"""The only way to an org: loading it is the check."""

from apps.core.errors import Forbidden, NotFound
from apps.orgs.actor import Actor
from apps.orgs.models import Org
from apps.orgs.permissions import Perm


def get_org(actor: Actor, slug: str, need: Perm = Perm.ORG_VIEW) -> Org:
    """Return the org; raise NotFound when `actor` can't see it and Forbidden when they lack `need`."""
    org = Org.objects.visible_to(actor).filter(slug=slug).first()
    if org is None:
        raise NotFound(f"There is no organisation {slug} that you can see.", code="org_not_found")
    if not can_in_org(actor, need, org):
        raise Forbidden(f"You need the permission {need} in {slug}. Ask one of its admins.")
    return org


def can_in_org(actor: Actor, perm: Perm, org: Org) -> bool:
    """Tell whether `actor` holds `perm` in `org`."""
    return Org.objects.visible_to(actor, perm).filter(pk=org.pk).exists()
