"""Reading PATCH bodies and filters as Okta and Entra ID write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.orgs.scim.errors import ScimError

MAX_OPERATIONS = 1000
FILTER = re.compile(r'\s*([A-Za-z.]+)\s+eq\s+"((?:[^"\\]|\\.)*)"\s*\Z', re.IGNORECASE)
# emails[type eq "work"].value, members[value eq "7"]
SELECTED = re.compile(r'([A-Za-z]+)\[\s*[A-Za-z]+\s+eq\s+"([^"\\]*)"\s*\](?:\.([A-Za-z]+))?\Z')


@dataclass(frozen=True)
class Operation:
    """One change: `path` in lower case; `selected` is the value in its brackets."""

    verb: str
    path: str
    value: Any
    selected: str | None = None


def read_operations(body: Any) -> Iterator[Operation]:
    """Return the operations of a PATCH, those on a whole resource split into one for each attribute."""
    found = body.get("Operations") if isinstance(body, Mapping) else None
    if not isinstance(found, list) or len(found) > MAX_OPERATIONS:
        raise ScimError("The body needs a list of Operations.", code="invalidSyntax")
    for each in found:
        if not isinstance(each, Mapping):
            raise ScimError("An operation is not an object.", code="invalidSyntax")
        verb = str(each.get("op", "")).lower()
        if verb not in {"add", "replace", "remove"}:
            raise ScimError("op is one of add, replace and remove.", code="invalidSyntax")
        path, value = each.get("path"), each.get("value")
        if path:
            yield _operation(verb, str(path), value)
        elif isinstance(value, Mapping) and verb != "remove":
            for name, part in value.items():
                yield _operation(verb, str(name), part)
        else:
            raise ScimError(
                "An operation needs a path, or an object as its value.", code="noTarget"
            )


def _operation(verb: str, path: str, value: Any) -> Operation:
    path = path.removeprefix("urn:ietf:params:scim:schemas:core:2.0:User:")
    selected = SELECTED.match(path)
    if selected is None:
        return Operation(verb, path.lower(), value)
    name = ".".join(part for part in (selected[1], selected[3]) if part)
    return Operation(verb, name.lower(), value, selected[2])


def read_filter(text: str, allowed: frozenset[str]) -> tuple[str, str] | None:
    """Return the attribute (in lower case) and value of a filter; None without one."""
    if not text:
        return None
    found = FILTER.match(text)
    if found is None or found[1].lower() not in allowed:
        raise ScimError(
            "A filter here is one of these attributes, eq and a value in quotes: "
            + ", ".join(sorted(allowed)),
            code="invalidFilter",
        )
    return found[1].lower(), re.sub(r"\\(.)", r"\1", found[2])


def truth(value: Any) -> bool:
    """Read a boolean; Entra ID sends it as a word."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ScimError("active is true or false.")
