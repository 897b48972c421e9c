"""What the documents list is what there is."""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from wanllmdb import env

ROOT = Path(settings.BASE_DIR)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["docs/operation.md", "docs/zh/operation.md"])
def test_operation_lists_every_variable_once(name: str) -> None:
    listed = re.findall(r"^\| `(WANLLMDB_\w+)` \|", read(name), flags=re.MULTILINE)
    assert sorted(listed) == sorted(env.KNOWN)


def test_version_is_the_same_everywhere() -> None:
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == settings.VERSION
    assert tomllib.loads(read("pyproject.toml"))["project"]["version"] == settings.VERSION


def test_make_targets_of_the_readmes_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", read("Makefile"), flags=re.MULTILINE))
    for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "docs/operation.md"):
        assert (
            set(re.findall(r"\bmake ([a-z0-9-]+)\b(?=`|$)", read(name), flags=re.MULTILINE))
            <= targets
        ), name


def test_links_between_the_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "sdk" / "README.md"]
    for document in documents:
        for target in re.findall(
            r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8")
        ):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_architecture_draws_the_tree_as_it_is() -> None:
    drawn = read("ARCHITECTURE.md").split("```")[1]
    folder = Path()
    names: set[str] = set()
    for line in filter(None, drawn.splitlines()):
        cell = line[: line.index("  ", 2)]
        if not line.startswith(" "):
            folder = Path(cell.strip())
            names.add(str(folder))
        else:
            names |= {str(folder / name) for name in cell.split()}
    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []
    apps = {f"apps/{path.parent.name}" for path in ROOT.glob("apps/*/apps.py")}
    assert {name for name in names if name.startswith("apps/")} == apps
