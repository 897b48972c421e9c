"""How REST writes its answers. Apart from rest.py, since DRF imports it while its views load."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

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


class OneAnswer(BaseContentNegotiation):
    """Every route answers in the form it documents, whatever `Accept` says; forms are chosen by `format`."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type
