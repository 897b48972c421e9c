"""Where requests come in, objects are loaded through access, or by a query that says who asks: nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ENTRY_POINTS = {"views.py", "api.py", "consumers.py", "resolvers.py"}
# Reads that name whose the objects are, or what checked object they belong to.
CHECKED_READS = {
    "in_project",
    "in_org",
    "usable_in",
    "visible_to",
    "including_trash_visible_to",
    "owned_by",
}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
BANNED_CALLS = {"get_object_or_404", "get_list_or_404"}


def unchecked_reads(tree: ast.Module) -> list[int]:
    """Return the lines where a model's manager is used for anything but a checked read."""
    after = {
        id(node.value): node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)
    }
    reads = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in MANAGERS
        and after.get(id(node)) not in CHECKED_READS
    ]
    calls = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in BANNED_CALLS)
        or (isinstance(node, ast.Attribute) and node.attr in BANNED_CALLS)
    ]
    return sorted(reads + calls)


@pytest.mark.parametrize(
    ("source", "is_refused"),
    [
        ("Run.objects.filter(pk=1)", True),
        ("Run.objects.get(pk=1)", True),
        ("runs = Run.objects", True),
        ("Run.objects.all().visible_to(actor)", True),
        ("get_object_or_404(Run, pk=1)", True),
        ("shortcuts.get_object_or_404(Run, pk=1)", True),
        ("Run._default_manager.get(pk=1)", True),
        ("Run.objects.visible_to(actor).filter(pk=1)", False),
        ("Run.objects.in_project(project)", False),
        ("access.get_run(actor, uid)", False),
    ],
)
def test_the_rule_itself(source: str, is_refused: bool) -> None:
    assert bool(unchecked_reads(ast.parse(source))) is is_refused


def test_entry_points_read_only_what_is_checked() -> None:
    files = (ROOT / "apps").rglob("*.py")
    paths = [p for p in files if p.name in ENTRY_POINTS or f"{p.parent.name}.py" in ENTRY_POINTS]
    assert len(paths) > 5
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in paths
        for line in unchecked_reads(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []
