"""Training scripts that use the SDK, in processes of their own, and what the server has of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.live_server import ROOT, LiveServer

SDK = ROOT / "sdk" / "src"


@dataclass
class Lab:
    """A person with a key on a live server, and a folder in which their scripts run."""

    server: LiveServer
    key: str
    org: str
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    started: int = 0

    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WANLL")}
        return {
            **clean,
            "PYTHONPATH": str(SDK),
            "PYTHONUNBUFFERED": "1",
            "XDG_CONFIG_HOME": str(self.folder / "home"),
            "WANLLM_BASE_URL": self.server.url,
            "WANLLM_API_KEY": self.key,
            "WANLLM_PROJECT": f"{self.org}/lab",
            "WANLLM_GIT": "false",
            **self.variables,
        }

    def start(self, script: str) -> subprocess.Popen[str]:
        """Start a script; read its output line by line from `stdout`. Its input ends with communicate()."""
        self.started += 1
        name = f"train{self.started}.py"
        (self.folder / name).write_text(script, encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, name],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.folder / "stderr").open("ab"),
            text=True,
        )

    def run(self, script: str, **variables: str) -> str:
        """Run a script to its end and return what it printed."""
        self.variables.update(variables)
        process = self.start(script)
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0, self.said()
        return out

    def wanllm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the SDK's command."""
        return subprocess.run(
            [sys.executable, "-m", "wanllm", *arguments],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def said(self) -> str:
        """Return what the scripts have written to stderr."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a REST route."""
        url = f"{self.server.url}/api/v1/{path}?{urllib.parse.urlencode(query, doseq=True)}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def runs(self) -> list[dict[str, Any]]:
        """Return the runs of the project, oldest first; none while there is no project."""
        try:
            page = self.get(f"projects/{self.org}/lab/runs", order="created")
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return []
            raise
        items: list[dict[str, Any]] = page["items"]
        return items

    def only_run(self) -> dict[str, Any]:
        (run,) = self.runs()
        detail: dict[str, Any] = self.get(f"runs/{run['uid']}")
        return detail

    def rows(self, run: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return every stored row of a run, as the server lists them."""
        uid = (run or self.only_run())["uid"]
        rows: list[dict[str, Any]] = []
        query: dict[str, Any] = {"limit": 10_000}
        while True:
            page = self.get(f"runs/{uid}/rows", **query)
            rows += page["rows"]
            if page.get("next") is None:
                return rows
            query["from"] = page["next"]

    def unsent(self) -> list[Path]:
        """Return the run folders that are left on disk."""
        return [path.parent for path in self.folder.glob("wanllm-runs/*/run.json")]


def read_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()
