"""What must stay true of the package as a whole: light imports, Python versions, one version.

Times are not asserted here but measured by benchmarks/sdk_log.py: a busy machine is no defect.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import wanllm
from conftest import SOURCE, run_script

FILES = sorted((SOURCE / "wanllm").glob("*.py"))


def test_importing_pulls_in_nothing_heavy() -> None:
    heavy = "{'psutil', 'ssl', 'http.client', 'subprocess', 'multiprocessing', 'numpy', 'asyncio'}"
    done = run_script(f"import sys, wanllm; print(sorted({heavy} & set(sys.modules)))")
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_parses_as_python_3_9(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_annotations_are_never_evaluated(path: Path) -> None:
    """`X | None` in an annotation runs on 3.9 only because of this import."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    has_code = any(not isinstance(node, ast.Expr) for node in tree.body)
    is_version = path.name == "_version.py"
    assert is_version or not has_code or "from __future__ import annotations" in path.read_text()


def test_the_package_has_one_version() -> None:
    project = (SOURCE.parent / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "(.+)"$', project, re.MULTILINE)
    assert found is not None
    assert found[1] == wanllm.__version__


def test_files_and_functions_stay_short() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 400, path.name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                limit = 50 if isinstance(node, ast.FunctionDef) else 300
                assert length <= limit, f"{path.name}:{node.name}"
