"""The SDK as this server hands it out: a wheel made from sdk/, without network or build tools.

A pure Python wheel is a zip of the sources and three small text files (PEP 427), so it is written directly.
"""

from __future__ import annotations

import base64
import csv
import functools
import hashlib
import io
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.views.decorators.http import condition, require_safe

# Zip cannot hold an earlier time; a fixed one makes equal sources equal wheels.
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Wheel:
    """A built wheel: its file name, which pip reads the version from, and its bytes."""

    name: str
    content: bytes
    sha256: str


def build_wheel(source: Path) -> Wheel:
    """Build the wheel of the pure Python project in `source` (pyproject.toml, README, src/<name>/)."""
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stem = f"{project['name']}-{project['version']}"
    info = f"{stem}.dist-info"
    package = source / "src" / project["name"]
    files = {
        path.relative_to(source / "src").as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.suffix == ".py" or path.name == "py.typed"
    }
    readme = (source / project["readme"]).read_text(encoding="utf-8")
    files[f"{info}/METADATA"] = _metadata(project, readme).encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: wanllmdb\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{info}/entry_points.txt"] = _entry_points(project).encode()
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD").encode()
    content = _zip(files)
    return Wheel(f"{stem}-py3-none-any.whl", content, hashlib.sha256(content).hexdigest())


def _metadata(project: dict[str, Any], readme: str) -> str:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"Keywords: {','.join(project['keywords'])}",
        *(f"Classifier: {classifier}" for classifier in project["classifiers"]),
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {requirement}" for requirement in project["dependencies"]),
    ]
    for extra, requirements in project["optional-dependencies"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {item}; extra == "{extra}"' for item in requirements]
    return "\n".join([*lines, "Description-Content-Type: text/markdown", "", readme])


def _entry_points(project: dict[str, Any]) -> str:
    scripts = [f"{name} = {target}" for name, target in project["scripts"].items()]
    return "\n".join(["[console_scripts]", *scripts, ""])


def _record(files: dict[str, bytes], own_name: str) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.writerow([name, f"sha256={digest}", len(content)])
    rows.writerow([own_name, "", ""])
    return out.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


@functools.cache
def current() -> Wheel:
    """Return the wheel of this checkout's SDK; built once a process, in some 20 ms."""
    return build_wheel(Path(settings.BASE_DIR) / "sdk")


def _etag(request: HttpRequest, filename: str = "") -> str:
    return f'"{current().sha256}"'


@require_safe
@condition(etag_func=_etag)
def sdk_wheel(request: HttpRequest, filename: str) -> HttpResponse:
    """Answer the wheel by its file name; any other name is not here."""
    wheel = current()
    if filename != wheel.name:
        raise Http404
    return HttpResponse(wheel.content, content_type="application/zip")


@require_safe
def sdk_index(request: HttpRequest) -> HttpResponse:
    """Answer the page that `pip install --find-links http://host/sdk/ wanllm` reads."""
    wheel = current()
    page = '<!doctype html><title>wanllm</title><a href="{}#sha256={}">{}</a>'
    return HttpResponse(format_html(page, wheel.name, wheel.sha256, wheel.name))
