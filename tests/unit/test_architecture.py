"""The limits that keep the code readable, checked on its syntax. Import directions are import-linter's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("apps", "wanllmdb", "sdk/src", "tests", "scripts", "benchmarks", "examples")
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 50
MAX_VIEW_LINES = 30
BANNED_NAMES = {
    "utils",
    "helpers",
    "common",
    "misc",
    "manager",
    "handler",
    "processor",
    "selectors",
}


def sources() -> list[Path]:
    """Return every Python file that people write."""
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return [path for path in files if path.parent.name != "migrations"]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the place and length of every function in a file, decorators not counted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            yield place, node.end_lineno - node.lineno + 1


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    }
    assert long == {}


def test_functions_are_short() -> None:
    long = {
        place: lines
        for path in sources()
        for place, lines in functions(path)
        if lines > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_views_are_shorter() -> None:
    long = {
        place: lines
        for path in sources()
        if "views" in {path.stem, path.parent.name}
        for place, lines in functions(path)
        if lines > MAX_VIEW_LINES
    }
    assert long == {}


def test_modules_are_named_for_what_they_hold() -> None:
    assert [str(path.relative_to(ROOT)) for path in sources() if path.stem in BANNED_NAMES] == []


def test_packages_have_nothing_but_names_in_their_init() -> None:
    names_only = (
        ast.Import,
        ast.ImportFrom,
        ast.Assign,
        ast.Expr,
    )  # Imports, __all__, a docstring.
    filled = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "apps").rglob("__init__.py")
        if any(not isinstance(node, names_only) for node in ast.parse(path.read_text()).body)
    ]
    assert filled == []


def test_every_file_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for package in ("apps", "wanllmdb")
        for path in (ROOT / package).rglob("*.py")
        if path.parent.name != "migrations"
        and path.name not in {"__init__.py", "apps.py"}
        and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []
