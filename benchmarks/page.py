"""How soon a project's page is painted, and shows its lines: 20 runs × 24 panels × 1,000 points in Chromium.

    python benchmarks/page.py [--visits 5] [--chromium /usr/bin/chromium]

From the start of the navigation to the first paint with content, and to the frame after the last of the 24 panels
has drawn all its lines, on a first visit (nothing cached) and on later ones. The window is so high that all panels
are in view. Chromium has no GPU here: it paints on the cores that the server runs on too.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.ingest import Connection, bodies, post
from tests.live_server import LiveServer

RUNS, PANELS, POINTS = 20, 24, 1_000
PAINT_BUDGET_S = 1.0
PASSWORD = "correct horse battery"
ALL_DRAWN = f"""() => {{
    const panels = [...document.querySelectorAll("line-panel")];
    return panels.filter((panel) => panel.chart && panel.lines.length === {RUNS}).length === {PANELS};
}}"""
TIMES = """() => new Promise((done) => requestAnimationFrame(() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    done([paint.startTime / 1000, performance.now() / 1000]);
}))"""


async def log_runs(server: LiveServer, key: str) -> None:
    """Store the runs, and finish them."""
    connection = Connection(server.port, key)
    await connection.open()
    for number in range(RUNS):
        run = post(f"{server.url}/api/v1/projects/ben/page/runs", key, {"name": f"r{number}"})
        (body,) = bodies(str(uuid.uuid4()), POINTS, PANELS, 1, number)
        await connection.send(f"/api/v1/runs/{run['uid']}/stream", body)
        post(f"{server.url}/api/v1/runs/{run['uid']}/finish", key, {"exit_code": 0})


def sign_in(browser: Browser, server: LiveServer) -> BrowserContext:
    """Open a window of its own, with an empty cache, and sign in."""
    context = browser.new_context(
        base_url=server.url, viewport={"width": 1440, "height": 3600}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", "ben")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.primary[type=submit]")
    page.wait_for_url("**/")
    page.close()
    return context


@dataclass(frozen=True)
class Visit:
    """Seconds from the start of the navigation."""

    painted: float
    drawn: float


def visit(context: BrowserContext) -> Visit:
    """Open the project, and wait until all its panels are drawn."""
    page = context.new_page()
    page.goto("/ben/page")
    page.wait_for_function(ALL_DRAWN)
    painted, drawn = page.evaluate(TIMES)
    page.close()
    return Visit(painted, drawn)


def visits(server: LiveServer, chromium: str | None, count: int) -> tuple[list[Visit], list[Visit]]:
    """Visit `count` times with an empty cache, each followed by a later visit; return both."""
    first, later = [], []
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        for _ in range(count):
            context = sign_in(browser, server)
            first.append(visit(context))
            later.append(visit(context))
            context.close()
        browser.close()
    return first, later


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = LiveServer(Path(folder) / "data")
        server.start()
        key = server.adduser("ben", "--password", PASSWORD)
        post(f"{server.url}/api/v1/projects", key, {"org": "ben", "slug": "page"})
        asyncio.run(log_runs(server, key))
        first, later = visits(server, options.chromium, options.visits)
        server.stop()
    for title, seen in (("first visit", first), ("later visit", later)):
        painted = statistics.median(one.painted for one in seen)
        drawn = statistics.median(one.drawn for one in seen)
        print(
            f"{title}: painted after {painted:.2f} s (budget {PAINT_BUDGET_S:.0f}), "
            f"{PANELS} panels × {RUNS} runs × {POINTS:,} points drawn after {drawn:.2f} s"
        )


if __name__ == "__main__":
    main()
