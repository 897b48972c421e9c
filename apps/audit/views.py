"""The pages of the audit log: of an organisation, and of the installation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.audit import chain, search
from apps.audit.models import Entry, EntryQuerySet
from apps.audit.words import ACTIONS, DOORS
from apps.core.errors import Invalid
from apps.orgs.access import get_org, require_administrator
from apps.orgs.http import actor_of
from apps.orgs.permissions import Perm

ENTRIES_A_PAGE = 50


def org_audit(request: HttpRequest, org: str) -> HttpResponse:
    """Show what happened in an organisation and those in it."""
    found = get_org(actor_of(request), org, Perm.AUDIT_VIEW)
    export = reverse("audit:api-org-audit-export", args=[found.slug])
    context = _context(request, Entry.objects.in_org(found), export)
    return render(request, "audit/org_audit.html", {"org": found, **context})


def system_audit(request: HttpRequest) -> HttpResponse:
    """Show what happened anywhere, for administrators, and the head of the chain over it."""
    actor = actor_of(request)
    require_administrator(actor)
    export = reverse("audit:api-system-audit-export")
    context = _context(request, Entry.objects.visible_to(actor), export)
    return render(request, "audit/system_audit.html", {"head": chain.head(), **context})


def _context(request: HttpRequest, entries: EntryQuerySet, export: str) -> dict[str, Any]:
    asked = {name: request.GET[name] for name in search.FILTERS if request.GET.get(name)}
    problem = None
    try:
        found = search.matching(entries, asked)
    except Invalid as error:
        problem, found = error, entries.none()
    page = search.newest(found, request.GET.get("cursor"), ENTRIES_A_PAGE)
    query = urlencode(asked)
    return {
        "page": page,
        "problem": problem,
        "asked": {**asked, "since": asked.get("from", ""), "until": asked.get("to", "")},
        "is_filtered": bool(asked),
        "actions": sorted(ACTIONS.items(), key=lambda each: str(each[1])),
        "doors": DOORS.items(),
        "older": f"?{query}&{urlencode({'cursor': page.next})}" if page.next else "",
        "csv": f"{export}?{query}&format=csv",
        "jsonl": f"{export}?{query}&format=jsonl",
    }
