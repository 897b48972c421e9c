"""What every form of ours shares."""

from __future__ import annotations

from django import forms

from apps.core.errors import AppError


class PlainForm(forms.Form):
    """A form whose problems may come from a service."""

    def add_problems(self, error: AppError) -> None:
        """Show what a service refused, at the fields it names."""
        for field, messages in error.fields.items():
            for message in messages:
                self.add_error(field if field in self.fields else None, message)
        if not error.fields:
            self.add_error(None, error.message)
