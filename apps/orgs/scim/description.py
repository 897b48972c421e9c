"""What this SCIM server says it can do (RFC 7643, 5 to 7)."""

from __future__ import annotations

from typing import Any

from apps.orgs.scim.resources import GROUP, USER

CONFIG: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": 200},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": False},
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "WANLLMDB_SCIM_TOKEN, or an administrator's API key with full scope.",
            "primary": True,
        }
    ],
}


def _type(name: str, endpoint: str, schema: str) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": name,
        "name": name,
        "endpoint": endpoint,
        "schema": schema,
    }


RESOURCE_TYPES = [_type("User", "/Users", USER), _type("Group", "/Groups", GROUP)]


def _attribute(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
        **more,
    }


def _schema(uri: str, name: str, attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": uri,
        "name": name,
        "attributes": attributes,
    }


_NAME = ("formatted", "givenName", "familyName")
_VALUE = [_attribute("value"), _attribute("type"), _attribute("primary", "boolean")]
_MEMBER = [
    _attribute("value", mutability="immutable"),
    _attribute("display", mutability="readOnly"),
]
SCHEMAS = [
    _schema(
        USER,
        "User",
        [
            _attribute("userName", required=True, uniqueness="server"),
            _attribute("externalId"),
            _attribute("name", "complex", subAttributes=[_attribute(part) for part in _NAME]),
            _attribute("displayName"),
            _attribute("active", "boolean"),
            _attribute("emails", "complex", multiValued=True, subAttributes=_VALUE),
            _attribute(
                "groups", "complex", multiValued=True, mutability="readOnly", subAttributes=_MEMBER
            ),
        ],
    ),
    _schema(
        GROUP,
        "Group",
        [
            _attribute("displayName", required=True, uniqueness="server"),
            _attribute("externalId"),
            _attribute("members", "complex", multiValued=True, subAttributes=_MEMBER),
        ],
    ),
]
