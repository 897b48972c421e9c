"""What the description of the REST API says of every operation. Apart from rest.py: DRF imports it early."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema

PREFIX = "/api/v1/"
ERROR: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, in one sentence that says what to do.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string", "example": "project_not_found"},
                "message": {"type": "string"},
                "fields": {
                    "type": "object",
                    "description": "What is wrong with which field; empty where it is about none.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}
RESPONSE = {
    "description": "An error, of any status from 400 up.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}


class Schema(AutoSchema):
    """Groups operations by the first word of their path, and takes descriptions from the methods."""

    def get_tags(self) -> list[str]:
        """Return the group: `auth`, `orgs`, `projects`, `runs` …; runs of a project are with the runs."""
        words = self.path.removeprefix(PREFIX).split("/")
        return ["runs"] if "runs" in words else [words[0]]

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the ways to say who asks; nobody in particular only where that is allowed."""
        ways: list[dict[str, Any]] = super().get_auth()
        return ways if getattr(self.view, "allows_anonymous", True) else [w for w in ways if w]

    def get_operation_id(self) -> str:
        """Name the operation after its view: `org_list`, `org_create`, `org_update`, `run_finish`."""
        name = type(self.view).__name__.removesuffix("View")
        noun = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.sub(r"(List|Detail)$", "", name)).lower()
        verbs = {"GET": "get", "PATCH": "update", "PUT": "replace", "DELETE": "delete", "POST": ""}
        if name.endswith("List"):
            verbs |= {"GET": "list", "POST": "create"}
        verb = verbs[self.method]
        return f"{noun}_{verb}" if verb else noun


def describe_errors(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Add the one error shape to every operation."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = RESPONSE
    return result
