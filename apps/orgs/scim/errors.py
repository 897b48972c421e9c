"""Errors as SCIM says them (RFC 7644, 3.12)."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.response import Response

from apps.core.errors import AppError

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(AppError):
    """What a SCIM client asks for and cannot have; `code` is SCIM's own word for it, if it has one."""

    code = "invalidValue"


def unknown(what: str) -> ScimError:
    """Say that there is no such user or group."""
    error = ScimError(what, code="noTarget")
    error.status = status.HTTP_404_NOT_FOUND
    return error


def taken(what: str) -> ScimError:
    """Say that a name is somebody else's."""
    error = ScimError(what, code="uniqueness")
    error.status = status.HTTP_409_CONFLICT
    return error


def answer(error: AppError) -> Response:
    """Return the answer for an error of ours."""
    reasons = [message for found in error.fields.values() for message in found]
    body: dict[str, Any] = {
        "schemas": [ERROR],
        # 422 is not among the answers that SCIM knows.
        "status": str(400 if error.status == 422 else error.status),
        "detail": " ".join([error.message, *reasons]),
    }
    if isinstance(error, ScimError):
        body["scimType"] = error.code
    elif error.status == 422:
        body["scimType"] = "invalidValue"
    return Response(body, status=int(body["status"]))
