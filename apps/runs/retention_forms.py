"""What people fill in about a retention rule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.orgs.forms import PlainForm
from apps.runs.models import RetentionRule, Run

INHERIT, ON, OFF = "inherit", "on", "off"
# Which states a rule takes, by the words of the choice.
STATES = {
    "ended": [],
    "unsuccessful": sorted([Run.State.FAILED, Run.State.CRASHED, Run.State.KILLED]),
    "finished": [Run.State.FINISHED],
}


class RetentionForm(PlainForm):
    """A rule: `mode` says whether there is one here, and whether it deletes."""

    mode = forms.ChoiceField(
        label=_("Rule"),
        choices=[
            (INHERIT, _("None of its own: what holds above it")),
            (ON, _("Delete runs by this rule")),
            (OFF, _("Keep all runs")),
        ],
    )
    older_than_days = forms.IntegerField(
        label=_("Ended more than so many days ago"), min_value=0, max_value=36_500, initial=90
    )
    keep_last = forms.IntegerField(
        label=_("Keep the newest"), min_value=0, max_value=1_000_000, initial=0, required=False
    )
    keep_tags = forms.CharField(
        label=_("Keep those tagged"),
        required=False,
        max_length=10_000,
        help_text=_("Words with commas between them"),
    )
    states = forms.ChoiceField(
        label=_("Which runs"),
        choices=[
            ("ended", _("All that have ended")),
            ("unsuccessful", _("Failed, crashed and killed ones")),
            ("finished", _("Finished ones")),
        ],
    )

    @classmethod
    def initial_of(cls, rule: RetentionRule | None) -> dict[str, Any]:
        """Return what the form shows of a rule."""
        if rule is None:
            return {"mode": INHERIT}
        states = sorted(rule.states)
        return {
            "mode": ON if rule.is_on else OFF,
            "older_than_days": rule.older_than_days,
            "keep_last": rule.keep_last,
            "keep_tags": ", ".join(rule.keep_tags),
            "states": next((name for name, known in STATES.items() if known == states), "ended"),
        }

    def rule_fields(self) -> dict[str, Any]:
        """Return the rule as the service takes it."""
        words = self.cleaned_data["keep_tags"].replace("，", ",").split(",")
        return {
            "is_on": self.cleaned_data["mode"] != OFF,
            "older_than_days": self.cleaned_data["older_than_days"],
            "keep_last": self.cleaned_data["keep_last"] or 0,
            "keep_tags": words,
            "states": STATES[self.cleaned_data["states"]],
        }
