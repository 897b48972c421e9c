"""The stream route in the description of the REST API, which only sees Django's views."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

RECORD = {
    "type": "object",
    "required": ["kind"],
    "description": "rows, system, console, config, summary, define, heartbeat or finish: see docs/metrics.md.",
    "properties": {"kind": {"type": "string"}},
    "additionalProperties": True,
}
REQUEST = {
    "type": "object",
    "required": ["stream", "offset", "records"],
    "properties": {
        "stream": {"type": "string", "format": "uuid", "description": "The writer."},
        "offset": {"type": "integer", "description": "The number of the first record."},
        "label": {"type": "string", "maxLength": 200},
        "records": {"type": "array", "items": RECORD},
    },
    "example": {
        "stream": "6f0e8a52-6a3a-4d3c-9b0e-0b8a5c1f2d11",
        "offset": 0,
        "records": [{"kind": "rows", "steps": [0, 1], "columns": {"loss": [0.9, 0.7]}}],
    },
}
ANSWER = {
    "type": "object",
    "required": ["offset", "commands", "retry_after", "refused"],
    "properties": {
        "offset": {"type": "integer", "description": "The number of the next record."},
        "commands": {"type": "array", "items": {"type": "string"}},
        "retry_after": {"type": ["number", "null"], "description": "Seconds to wait."},
        "refused": {
            "type": "array",
            "description": "Records that were not stored.",
            "items": {
                "type": "object",
                "properties": {
                    "offset": {"type": "integer"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
OPERATION: dict[str, Any] = {
    "operationId": "run_stream",
    "tags": ["runs"],
    "description": (
        "Append what a script logs: numbered records of one writer. Records that are stored already are skipped, "
        "so a request may be repeated; when records before it are missing, nothing is stored and 409 says which "
        "is expected. Answered once everything is on disk. The body may be compressed (zstd or gzip)."
    ),
    "parameters": [
        {"in": "path", "name": "run", "required": True, "schema": {"type": "string"}},
    ],
    "security": [{"bearer": []}, {"basic": []}],
    "requestBody": {
        "required": True,
        "content": {
            "application/msgpack": {"schema": REQUEST},
            "application/json": {"schema": REQUEST},
        },
    },
    "responses": {
        "200": {"description": "", "content": {"application/json": {"schema": ANSWER}}},
    },
}


def describe_stream(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Add the stream route to the description."""
    result["paths"]["/api/v1/runs/{run}/stream"] = {"post": deepcopy(OPERATION)}
    return result
