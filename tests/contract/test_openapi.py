"""The description of the REST API is complete, valid, and what is on file."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

GOLDEN = Path(settings.BASE_DIR) / "tests" / "contract" / "openapi.json"


def described(**options: Any) -> dict[str, Any]:
    output = StringIO()
    call_command("spectacular", format="openapi-json", stdout=output, **options)
    schema: dict[str, Any] = json.loads(output.getvalue())
    return schema


def test_it_is_valid_and_without_a_warning() -> None:
    described(validate=True, fail_on_warn=True)


def test_it_is_what_is_on_file() -> None:
    """A change of the API shows as a change of the file: `make openapi` writes it."""
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == described()


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    for path, operations in described()["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            assert operation.get("description"), name
            assert "default" in operation["responses"], name
            assert operation["security"] or "auth/" in path, name
