"""What every REST view shares: one error shape, cursors and checked input."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import AppError, Invalid, Malformed
from apps.core.text import is_storable

MAX_PAGE = 500
Row = TypeVar("Row", bound=Model)


def answer_error(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Render every error in the one shape; None lets Django answer 500 and log the trace."""
    if isinstance(error, AppError):
        response = Response(error.to_dict(), status=error.status)
        if error.status == 401:
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        return response
    if isinstance(error, Http404):
        return _answer(404, "not_found", "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return _answer(403, "forbidden", "You are not allowed to do this.")
    if isinstance(error, exceptions.Throttled):
        wait = max(1, int(getattr(error, "wait", None) or 1))
        response = _answer(429, "rate_limited", f"Too many requests. Try again in {wait} s.")
        response["Retry-After"] = str(wait)
        return response
    if isinstance(error, exceptions.ParseError):
        return _answer(400, "malformed", f"The body cannot be read: {error.detail}")
    if isinstance(error, exceptions.ValidationError):
        return _answer(422, "invalid", "Some fields cannot be used.", _flatten(error.detail))
    if isinstance(error, exceptions.APIException):
        response = _answer(error.status_code, str(error.default_code), str(error.detail))
        if isinstance(error, exceptions.AuthenticationFailed | exceptions.NotAuthenticated):
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        return response
    return None


def _answer(
    status: int, code: str, message: str, fields: Mapping[str, list[str]] | None = None
) -> Response:
    return Response(
        {"error": {"code": code, "message": message, "fields": fields or {}}}, status=status
    )


def _flatten(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Turn DRF's nested details into `{"a.b": ["…"]}`."""
    if isinstance(detail, Mapping):
        fields: dict[str, list[str]] = {}
        for key, item in detail.items():
            fields |= _flatten(item, f"{prefix}.{key}" if prefix else str(key))
        return fields
    if isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        fields = {}
        for index, item in enumerate(detail):
            fields |= _flatten(item, f"{prefix}[{index}]")
        return fields
    items = detail if isinstance(detail, list) else [detail]
    return {prefix or "non_field_errors": [str(item) for item in items]}


class InputSerializer(serializers.Serializer[Any]):
    """A request's body. Unknown fields are refused by name, so that a typo is not silently ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                known = ", ".join(sorted(self.fields))
                raise serializers.ValidationError(
                    {name: [f"Unknown field. Known are: {known}."] for name in unknown}
                )
        return super().to_internal_value(data)


def parse(serializer_class: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return the validated fields of `data`; raise the 422 that names what is wrong."""
    serializer = serializer_class(data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def dump_many(
    serializer_class: type[serializers.Serializer[Any]], items: Iterable[Any], **context: Any
) -> list[dict[str, Any]]:
    """Return the JSON of many rows."""
    rows: Any = items  # The stubs type `many=True` as one row.
    return list(serializer_class(rows, many=True, context=context).data)


def encode_cursor(position: list[Any]) -> str:
    """Pack a position in an ordering as opaque, URL-safe text."""
    packed = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type) -> list[Any]:
    """Unpack `encode_cursor`'s text; raise Malformed for anything else.

    With `types` it has to hold one value of each, in this order. What is read came from outside: a number
    may be larger than any column holds.
    """
    position: Any
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, UnicodeError, RecursionError):
        position = None
    if not isinstance(position, list) or not _is_ours(position, types):
        raise Malformed("The cursor is not one that this server gave. Start again without it.")
    return position


def _is_ours(position: list[Any], types: tuple[type, ...]) -> bool:
    if types and [type(item) for item in position] != [*types]:
        return False
    return all(is_storable(item) for item in position if isinstance(item, str))


def read_limit(request: Request, default: int, maximum: int) -> int:
    """Read `?limit=`; raise Invalid when it isn't a whole number from 1 to `maximum`."""
    given = request.query_params.get("limit")
    if given is None:
        return default
    # Not every digit of Unicode is one of a number, and Python reads no number of thousands of digits.
    is_number = given.isascii() and given.isdigit() and len(given) < 10
    if not is_number or not 1 <= int(given) <= maximum:
        raise Invalid(
            f"limit accepts a whole number from 1 to {maximum}.", fields={"limit": [given]}
        )
    return int(given)


def read_page(
    request: Request, rows: QuerySet[Row], by: str, kind: type = str, *, default: int = 50
) -> tuple[list[Row], str | None]:
    """Return one page of `rows` by `?cursor=` and `?limit=`, and the next one's cursor.

    `by` is a unique column of this kind, which the rows are ordered by.
    """
    limit = read_limit(request, default, MAX_PAGE)
    cursor = request.query_params.get("cursor")
    if cursor:
        (after,) = decode_cursor(cursor, kind)
        rows = rows.filter(**{f"{by}__gt": after})
    found = list(rows.order_by(by)[: limit + 1])
    if len(found) <= limit:
        return found, None
    return found[:limit], encode_cursor([getattr(found[limit - 1], by)])
