"""What each permission means, for people: a label, one sentence, and the group it is shown in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.orgs.permissions import Perm


@dataclass(frozen=True)
class Words:
    """A permission in words."""

    perm: Perm
    label: Any
    about: Any


GROUPS: tuple[tuple[Any, tuple[Words, ...]], ...] = (
    (
        _("Organisation"),
        (
            Words(
                Perm.ORG_VIEW, _("See the organisation"), _("Its page, members, teams and roles.")
            ),
            Words(
                Perm.ORG_EDIT,
                _("Change the organisation"),
                _("Its name and description, and the organisations in it."),
            ),
            Words(
                Perm.MEMBER_MANAGE,
                _("Manage members"),
                _("Invite and remove people, change their roles, and manage teams."),
            ),
            Words(Perm.ROLE_MANAGE, _("Manage roles"), _("Make, change and delete roles.")),
            Words(
                Perm.SERVICE_MANAGE,
                _("Manage service accounts"),
                _("Make accounts for machines, and their API keys."),
            ),
            Words(
                Perm.AUDIT_VIEW,
                _("Read the audit log"),
                _("Who did what, when and from where."),
            ),
        ),
    ),
    (
        _("Projects"),
        (
            Words(Perm.PROJECT_VIEW, _("See projects"), _("Their pages, charts and tables.")),
            Words(Perm.PROJECT_CREATE, _("Create projects"), _("Also by logging a first run.")),
            Words(
                Perm.PROJECT_EDIT,
                _("Change projects"),
                _("Their names, descriptions, visibility and tags."),
            ),
            Words(
                Perm.PROJECT_SHARE,
                _("Share projects"),
                _("Give people and teams rights on single projects and runs."),
            ),
            Words(
                Perm.PROJECT_DELETE, _("Delete projects"), _("With all their runs, into the trash.")
            ),
        ),
    ),
    (
        _("Runs"),
        (
            Words(Perm.RUN_VIEW, _("See runs"), _("Their metrics, configs, logs and files.")),
            Words(
                Perm.RUN_WRITE, _("Log and change runs"), _("Write points, names, tags and notes.")
            ),
            Words(Perm.RUN_DELETE, _("Delete runs"), _("And take them out of the trash again.")),
        ),
    ),
)
