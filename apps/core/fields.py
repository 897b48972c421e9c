"""Fields that REST bodies share."""

from typing import Any

from rest_framework import serializers


class TextField(serializers.CharField):
    """Text, and nothing else that could be turned into text. NUL and half surrogate pairs are refused."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text; DRF's own field would take numbers for text too."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
