"""Asking REST in one line."""

from __future__ import annotations

from typing import Any

from django.test import Client


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    """Send JSON to a path under /api/v1 and return the response."""
    options = {} if body is None else {"data": body, "content_type": "application/json"}
    return getattr(client, method)(f"/api/v1/{path}", **options)


def error_of(response: Any) -> dict[str, Any]:
    """Return what the response says went wrong, and check that it has the one shape of errors."""
    assert response.headers["Content-Type"] == "application/json", response.content[:200]
    body = response.json()
    assert body.keys() == {"error"}
    error: dict[str, Any] = body["error"]
    assert error.keys() == {"code", "message", "fields"}
    assert isinstance(error["code"], str)
    assert error["message"]
    assert all(isinstance(texts, list) and texts for texts in error["fields"].values())
    return error
