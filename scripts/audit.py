"""Look up known weaknesses of the pinned packages; exit status 1 if there is one.

Asks PyPI's vulnerability service, then OSV's. Where neither can be reached (a mirror that hands out packages
knows nothing of their weaknesses) it says so on one line, and that is no failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINNED = "requirements.txt"
SERVICES = ("pypi", "osv")
# A service that does not answer must not keep whoever waits.
LIMIT_S = 45


def ask(service: str) -> list[dict[str, Any]]:
    """Return the packages that the service knows, each with its weaknesses; none if it can't be asked."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        f"--requirement={PINNED}",
        "--disable-pip",
        "--no-deps",
        f"--vulnerability-service={service}",
        "--progress-spinner=off",
        "--timeout=10",
        "--format=json",
    ]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return []
    return [package for package in packages if "skip_reason" not in package]


def report(packages: list[dict[str, Any]]) -> int:
    """Print the weaknesses; return the exit status."""
    weak = [package for package in packages if package["vulns"]]
    for package in weak:
        for found in package["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "nothing yet"
            print(f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}")
    return 1 if weak else 0


def main() -> int:
    """Ask one service after the other until one knows the packages."""
    for service in SERVICES:
        packages = ask(service)
        if packages:
            return report(packages)
    print("Left out: no vulnerability service can be reached.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
