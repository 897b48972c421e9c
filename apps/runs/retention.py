"""Rules by which runs go to the trash: what they would take, and taking it.

Nothing is deleted for good here: purging.py does that to what has lain in the trash for long enough.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import Invalid
from apps.orgs.models import Org
from apps.projects.models import Project
from apps.projects.services import clean_tags
from apps.runs import services, usage
from apps.runs.models import RetentionRule, Run, RunQuerySet

log = logging.getLogger(__name__)

FIELDS = ("is_on", "older_than_days", "keep_last", "keep_tags", "states")
ENDED = [str(state) for state in Run.State if state != Run.State.RUNNING]
# A dry run lists so many; it counts and weighs all.
LISTED = 500


@dataclass(frozen=True)
class DryRun:
    """What a rule would put in the trash now."""

    count: int
    size_bytes: int
    runs: list[Run]  # the oldest ones, each with `size_bytes`


def rule_for(project: Project) -> RetentionRule | None:
    """Return the rule that holds for a project: its own, else that of the nearest org that has one."""
    own = RetentionRule.objects.filter(project=project).select_related("project__org").first()
    return own or inherited_rule(project.org)


def inherited_rule(org: Org) -> RetentionRule | None:
    """Return the rule of an org, or of the nearest org above that has one."""
    rules = RetentionRule.objects.filter(org__descents__org=org).select_related("org")
    return rules.order_by("org__descents__distance").first()


def set_rule(
    *, project: Project | None = None, org: Org | None = None, **fields: Any
) -> RetentionRule:
    """Set the rule of a project or an org; what is not given stays, or has its default. Raises Invalid."""
    with transaction.atomic():
        found = RetentionRule.objects.select_for_update().filter(project=project, org=org).first()
        rule = checked(found or RetentionRule(project=project, org=org), fields)
        rule.changed_at = clock.now()
        rule.save()
    return rule


def remove_rule(*, project: Project | None = None, org: Org | None = None) -> None:
    """Remove the rule of a project or an org: what holds above it holds again."""
    for rule in RetentionRule.objects.filter(project=project, org=org):
        rule.delete()


def checked(rule: RetentionRule, fields: dict[str, Any]) -> RetentionRule:
    """Put fields into a rule that may stay unsaved; raise Invalid naming those that can't be."""
    for name, value in fields.items():
        if name not in FIELDS:
            raise ValueError(f"nothing of a rule: {name}")
        setattr(rule, name, value)
    rule.keep_tags = clean_tags(rule.keep_tags)
    rule.states = sorted(set(rule.states))
    unknown = [state for state in rule.states if state not in ENDED]
    problems: dict[str, list[str]] = {}
    if unknown:
        problems["states"] = [_("Runs in this state are not deleted.")]
    try:
        rule.full_clean(validate_unique=False)
    except ValidationError as error:
        problems |= error.message_dict
    if problems:
        raise Invalid(_("This rule cannot be used."), fields=problems)
    return rule


def due_runs(project: Project, rule: RetentionRule | None) -> RunQuerySet:
    """Return the runs that a rule takes now; none where it is off. Those that are running never are among them."""
    runs = Run.objects.in_project(project).filter(state__in=ENDED)
    if rule is None or not rule.is_on:
        return runs.none()
    runs = runs.filter(ended_at__lt=clock.now() - timedelta(days=rule.older_than_days))
    if rule.states:
        runs = runs.filter(state__in=rule.states)
    if rule.keep_tags:
        runs = runs.exclude(tags__name__in=rule.keep_tags)
    if rule.keep_last:
        newest = Run.objects.in_project(project).order_by("-number").values("number")
        least = newest[rule.keep_last - 1 : rule.keep_last].values_list("number", flat=True)
        # Fewer runs than are to be kept: none goes.
        limit = next(iter(least), 0)
        runs = runs.filter(number__lt=limit)
    return runs


def dry_run(project: Project, rule: RetentionRule | None) -> DryRun:
    """Tell what a rule would put in the trash now, and how many bytes would be free once that is purged."""
    due = due_runs(project, rule).order_by("number")
    ids = list(due.values_list("pk", flat=True))
    sizes = usage.measure_runs(ids)
    listed = list(due.select_related("project__org")[:LISTED])
    for run in listed:
        run.size_bytes = sizes.get(run.pk, 0)
    return DryRun(len(ids), sum(sizes.values()), listed)


def apply_rules() -> int:
    """Put in the trash what the rules of all projects take; return how many runs. Safe to repeat and to stop."""
    return sum(apply_rule(project, rule) for project, rule in _ruled_projects())


def _ruled_projects() -> Iterator[tuple[Project, RetentionRule]]:
    ruled = Q(retention__isnull=False) | Q(org__ascents__ancestor__retention__isnull=False)
    projects = Project.objects.filter(ruled, deleted_at=None).select_related("org")
    for project in projects.distinct().order_by("pk"):
        rule = rule_for(project)
        if rule is not None and rule.is_on:
            yield project, rule


def apply_rule(project: Project, rule: RetentionRule) -> int:
    """Put in the trash what a rule takes of one project, run by run; return how many."""
    ids = due_runs(project, rule).order_by("number").values_list("pk", flat=True)
    count = 0
    for pk in list(ids):
        with transaction.atomic():
            # Looked at again under its lock: it may have been resumed or tagged since.
            locked = Run.objects.select_for_update(no_key=True).filter(pk=pk).first()
            if locked is not None and due_runs(project, rule).filter(pk=pk).exists():
                services.delete_run(run=locked)
                count += 1
    if count:
        log.info("retention_applied project=%d runs=%d", project.pk, count)
    return count


def describe(rule: RetentionRule) -> dict[str, Any]:
    """Return a rule's fields."""
    return {name: getattr(rule, name) for name in FIELDS}
