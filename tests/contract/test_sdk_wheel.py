"""The SDK that the server hands out: a wheel that pip installs and that logs to it."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from tests.live_server import ROOT, LiveServer
from wanllmdb.sdk_wheel import build_wheel


@pytest.fixture(scope="module")
def python(shared_server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that holds nothing but the wheel from the server."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    fresh = folder / "bin" / "python"
    wheel = build_wheel(ROOT / "sdk").name
    pip = [sys.executable, "-m", "pip", "--python", str(fresh), "install", "--quiet"]
    # --no-deps: psutil would come from a registry, and the SDK has to work without it.
    subprocess.run([*pip, "--no-deps", f"{shared_server.url}/sdk/{wheel}"], check=True)
    return fresh


def test_pip_installs_it_with_its_command(python: Path) -> None:
    command = python.with_name("wanllm")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"wanllm \d+\.\d+\.\d+\n", done.stdout)


def test_it_logs_to_the_server_it_came_from(
    python: Path, shared_server: LiveServer, tmp_path: Path
) -> None:
    key = shared_server.adduser("wheel-user")
    command = str(python.with_name("wanllm"))
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    login = [command, "login", "--base-url", shared_server.url, "--api-key", key]
    subprocess.run(login, env=environment, cwd=tmp_path, check=True)
    script = "import wanllm; run = wanllm.init('first'); run.log({'a': 1.0}); run.finish(); print(run.url)"
    done = subprocess.run(
        [python, "-c", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"{shared_server.url}/wheel-user/first/runs/")
    assert list(tmp_path.glob("wanllm-runs/*/run.json")) == []


def test_pip_finds_it_on_the_index_page(shared_server: LiveServer, tmp_path: Path) -> None:
    with urllib.request.urlopen(f"{shared_server.url}/sdk/") as answer:
        page = answer.read().decode()
    name, sha256 = re.findall(r'href="(.+?)#sha256=(.+?)"', page)[0]
    with urllib.request.urlopen(f"{shared_server.url}/sdk/{name}") as answer:
        content = answer.read()
        assert answer.headers["Content-Type"] == "application/zip"
    assert hashlib.sha256(content).hexdigest() == sha256
    (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / name) as archive:
        assert archive.testzip() is None
        assert "wanllm/py.typed" in archive.namelist()


def test_another_version_is_not_here(shared_server: LiveServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{shared_server.url}/sdk/wanllm-9.9.9-py3-none-any.whl")
    assert refused.value.code == 404


def test_equal_sources_make_equal_wheels() -> None:
    assert build_wheel(ROOT / "sdk") == build_wheel(ROOT / "sdk")
