"""Where one is in an organisation: the orgs above it, and its pages that the visitor may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.orgs import access
from apps.orgs.actor import Actor
from apps.orgs.models import Org
from apps.orgs.permissions import Perm

register = template.Library()

# The pages of an org in their order: the URL's name (its one argument is the org), icon, label, and who may see it.
PAGES = (
    ("runs:org", "box", _("Projects"), Perm.ORG_VIEW),
    ("orgs:member-list", "users", _("Members"), Perm.ORG_VIEW),
    ("orgs:team-list", "users-round", _("Teams"), Perm.ORG_VIEW),
    ("orgs:role-list", "shield", _("Roles"), Perm.ORG_VIEW),
    ("orgs:invitation-list", "mail", _("Invitations"), Perm.MEMBER_MANAGE),
    ("orgs:service-account-list", "bot", _("Service accounts"), Perm.SERVICE_MANAGE),
    ("projects:org-usage", "gauge", _("Usage"), Perm.ORG_VIEW),
    ("runs:org-retention", "trash-2", _("Retention"), Perm.PROJECT_DELETE),
    ("audit:org-audit", "scroll-text", _("Audit"), Perm.AUDIT_VIEW),
    ("orgs:org-settings", "settings", _("Settings"), Perm.ORG_EDIT),
)


@dataclass(frozen=True)
class Page:
    """A line of the list at the left of an org's pages."""

    name: str
    address: str
    icon: str
    label: Any


@dataclass(frozen=True)
class Place:
    """An org as its pages show it: `above` are the orgs over it that the visitor can see, the outermost first."""

    above: list[Org]
    pages: list[Page]
    may: frozenset[Perm]


@register.simple_tag(takes_context=True)
def org_place(context: dict[str, Any], org: Org) -> Place:
    """Tell what the visitor may do and see in an org: `{% org_place org as place %}`, then `place.may`."""
    request = context["request"]
    if getattr(request, "org_place", None) is None:  # Each block of a page asks anew.
        request.org_place = _place(request.actor, org)
    place: Place = request.org_place
    return place


def _place(actor: Actor, org: Org) -> Place:
    may = access.held_in(actor, org)
    pages = [
        Page(name, reverse(name, args=[org.slug]), icon, label)
        for name, icon, label, need in PAGES
        if need in may
    ]
    above = Org.objects.visible_to(actor).above(org) if org.parent_id else []
    return Place(list(above), pages, may)
