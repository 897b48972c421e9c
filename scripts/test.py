"""Run the test suites one after the other and end with one count of all.

    python scripts/test.py [unit] [postgres] [sdk] [contract] [e2e] [browser]     (default: all)

Exit status 1 if anything failed. What had to be left out is named on the last lines, with the reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from services import run_to_its_end, services

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
ON_POSTGRES = "postgres"
BROWSER = "browser"
# A suite that hangs must not keep the others, and whoever waits, for ever.
LIMIT_S = 1800


@dataclass(frozen=True)
class Suite:
    """One run of one runner; `{report}` in its command is where the JUnit report goes."""

    name: str
    title: str
    command: tuple[str, ...]
    folder: Path = ROOT


def pytest(*arguments: str) -> tuple[str, ...]:
    return (str(BIN / "python"), "-m", "pytest", "-q", "--junitxml={report}", *arguments)


WORKERS = ("-n", str(max(2, min(8, os.cpu_count() or 2))))
SUITES = (
    Suite(
        "unit",
        "Unit and API, SQLite",
        pytest(*WORKERS, "tests/unit", "tests/api", "tests/security"),
    ),
    Suite(
        ON_POSTGRES,
        "Unit and API, PostgreSQL",
        pytest(*WORKERS, "tests/unit", "tests/api", "tests/security"),
    ),
    Suite("sdk", "SDK", pytest(*WORKERS, "tests"), ROOT / "sdk"),
    Suite("contract", "Contract", pytest("-n", "2", "tests/contract")),
    Suite("e2e", "End to end", pytest("tests/e2e")),
    Suite(
        BROWSER,
        "Browser code",
        (
            "scripts/npm.sh",
            "test",
            "--silent",
            "--",
            "--reporter=default",
            "--reporter=junit",
            "--outputFile.junit={report}",
        ),
    ),
)


@dataclass
class Outcome:
    """What came of a suite. `left_out` counts the reasons of skips."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    left_out: Counter[str] = field(default_factory=Counter)


def run(suite: Suite, variables: dict[str, str], folder: Path) -> Outcome:
    """Run one suite in the foreground and count its report."""
    report = folder / f"{suite.name}.xml"
    command = [word.replace("{report}", str(report)) for word in suite.command]
    if suite.name == ON_POSTGRES:
        variables = {**variables, "WANLLMDB_DATABASE_URL": variables["TEST_POSTGRES_URL"]}
    print(f"\n=== {suite.title} ===", flush=True)
    started = time.monotonic()
    try:
        status = run_to_its_end(command, variables, folder=suite.folder, limit_s=LIMIT_S)
    except subprocess.TimeoutExpired:
        print(f"{suite.title} did not end in {LIMIT_S} s.")
        status = 1
    outcome = count(report)
    outcome.seconds = time.monotonic() - started
    if status != 0 and outcome.failed == 0:
        # A runner that fell over, or collected nothing, has no report that says so.
        outcome.failed = 1
    return outcome


def count(report: Path) -> Outcome:
    """Count a JUnit report; a missing one counts nothing."""
    outcome = Outcome()
    if not report.exists():
        return outcome
    for case in ElementTree.parse(report).iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif skip is not None:
            outcome.skipped += 1
            outcome.left_out[skip.get("message") or "no reason given"] += 1
        else:
            outcome.passed += 1
    return outcome


def main(names: list[str]) -> int:
    """Run the named suites, or all; return the exit status."""
    unknown = set(names) - {suite.name for suite in SUITES}
    if unknown:
        sys.exit(f"No such suite: {', '.join(sorted(unknown))}.\n{__doc__}")
    chosen = [suite for suite in SUITES if not names or suite.name in names]
    left_out: list[str] = []
    rows: list[tuple[str, Outcome]] = []
    with services() as variables, tempfile.TemporaryDirectory() as folder:
        for suite in chosen:
            if suite.name == ON_POSTGRES and "TEST_POSTGRES_URL" not in variables:
                left_out.append(
                    f"{suite.title}: PostgreSQL is not installed (apt-get install postgresql)."
                )
                continue
            outcome = run(suite, variables, Path(folder))
            rows.append((suite.title, outcome))
            left_out += [f"{suite.title}: {n} × {reason}" for reason, n in outcome.left_out.items()]
    print()
    for title, outcome in rows:
        print(
            f"{title:26} {outcome.passed:5} passed {outcome.failed:4} failed "
            f"{outcome.skipped:4} skipped {outcome.seconds:6.0f} s"
        )
    if left_out:
        print("\nLeft out:")
        print("\n".join(f"- {line}" for line in left_out))
    passed, failed, skipped = (
        sum(getattr(outcome, name) for _, outcome in rows)
        for name in ("passed", "failed", "skipped")
    )
    print(
        f"\n{passed} passed, {failed} failed, {skipped} skipped in {sum(o.seconds for _, o in rows):.0f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
