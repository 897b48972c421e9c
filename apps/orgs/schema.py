"""How the API's schema describes our credentials."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class HeaderScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers by an untyped hook
    """An API key or an access token in the `Authorization` header."""

    target_class = "apps.orgs.authentication.ApiKeyAuthentication"
    name = ["bearer", "basic"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Say that one of the two ways is enough."""
        return [{"bearer": []}, {"basic": []}]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Return one OpenAPI security scheme for each way to send a key."""
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key (40 hexadecimal characters) or an access token.",
            },
            {
                "type": "http",
                "scheme": "basic",
                "description": "Any user name, and an API key as the password.",
            },
        ]


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers by an untyped hook
    """The browser's session."""

    target_class = "apps.orgs.authentication.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the OpenAPI security scheme of the session cookie."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "wanllmdb_session",
            "description": "A signed-in browser; writes need the X-CSRFToken header too.",
        }
