"""How REST writes its answers. Apart from rest.py, since DRF imports it while its views load."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer

from apps.core import json_values


class StrictJSONRenderer(JSONRenderer):
    """JSON that every reader accepts: NaN and infinities become strings."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return super().render(json_values.strict(data), accepted_media_type, renderer_context)
