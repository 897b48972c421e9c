"""Why can X do Y on Z? What the explainer's page and its REST endpoint ask."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.errors import Invalid, NotFound
from apps.orgs import explain as in_org
from apps.orgs.access import get_org, get_own_key
from apps.orgs.actor import Actor
from apps.orgs.explain import LIMIT_WORDS, Explanation
from apps.orgs.models import User
from apps.orgs.permissions import ON_PROJECT, ON_RUN, Perm
from apps.projects import explain as on_project
from apps.projects.audience import find_person
from apps.projects.models import Project
from apps.runs import access
from apps.runs import explain as on_run

# account.manage is about oneself, which nobody grants.
ASKABLE = [perm for perm in Perm if perm != Perm.ACCOUNT_MANAGE]


@dataclass(frozen=True)
class Answer:
    """Whom, what on, and the explanation."""

    person: User
    thing: str
    explanation: Explanation

    @property
    def limits(self) -> list[str]:
        """What takes the right away, in words."""
        return [str(LIMIT_WORDS[limit]) for limit in self.explanation.limits]


def explain(
    asker: Actor, project: Project, *, user: str, permission: str, run: str = "", key: str = ""
) -> Answer:
    """Answer for a project that was loaded for project.share, a run of it, or its org.

    With `key`, the number of one of one's own keys, the answer is for what is done with it. Raises NotFound and
    Invalid for what there is not.
    """
    if permission not in ASKABLE:
        known = ", ".join(ASKABLE)
        raise Invalid(
            _("Permissions are %(known)s.") % {"known": known}, fields={"permission": [permission]}
        )
    perm = Perm(permission)
    person = find_person(user)
    if person is None:
        raise NotFound(
            _("There is nobody of this username or e-mail address."), code="user_not_found"
        )
    actor = _actor(asker, person, key)
    if run:
        if perm not in ON_RUN:
            raise Invalid(
                _("%(permission)s is not about single runs.") % {"permission": perm},
                fields={"run": [run[:64]]},
            )
        found = access.get_run_in(project, run, in_trash=True)
        return Answer(person, found.name, on_run.explain(actor, perm, found))
    if perm in ON_PROJECT:
        return Answer(person, str(project), on_project.explain(actor, perm, project))
    org = get_org(
        asker, project.org.slug
    )  # Who was given the project alone learns nothing of its org.
    return Answer(person, org.slug, in_org.explain(actor, perm, org))


def _actor(asker: Actor, person: User, key: str) -> Actor:
    if not key:
        return Actor.for_user(person)
    is_number = key.isascii() and key.isdigit() and len(key) < 19
    own = get_own_key(asker, int(key) if is_number else 0)
    if own.user_id != person.pk:
        raise Invalid(_("You can ask about your own keys only."), fields={"key": [key[:20]]})
    return Actor.for_key(own)
