"""The journey of the first hour: a fresh server, its administrator, a project, a script, moving curves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage
from tests.live_server import ROOT, LiveServer

PASSWORD = "correct horse battery"
TRAINING = """
    import math, sys, time
    import wanllm

    run = wanllm.init(project="ann/vision", name="first-run", config={"lr": 0.003, "optim": {"name": "muon"}})
    for step in range(600):
        run.log({"train/loss": 3 * math.exp(-step / 90) + 0.3, "train/acc": 1 - math.exp(-step / 90)}, step=step)
        if step % 100 == 0:
            print(f"step {step}", flush=True)
        time.sleep(0.01)
    print("waiting", flush=True)
    sys.stdin.readline()
    run.finish()
"""


def make_administrator(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/welcome$"))
    page.get_by_label("Username").fill("ann")
    page.get_by_label("E-mail").fill("ann@example.org")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create the administrator").click()
    expect(page.locator(".error")).to_contain_text("too short")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the administrator").click()
    expect(page).to_have_title(re.compile("Home"))


def make_project(page: Page) -> None:
    page.get_by_role("link", name="New project").first.click()
    page.get_by_label("Name").fill("vision")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="Send the first run to vision")).to_be_visible()


def make_key(page: Page) -> str:
    expect(page.locator("[data-check=server]")).to_have_attribute("data-state", "done")
    expect(page.locator("[data-check=key]")).not_to_have_attribute("data-state", "done")
    page.get_by_role("button", name="Create API key").click()
    line = page.locator("#quick-key")
    expect(line).to_have_text(re.compile(r"WANLLM_API_KEY=[0-9a-f]{40}"))
    expect(page.locator("[data-check=key]")).to_have_attribute("data-state", "done")
    return line.inner_text().strip().split("=")[1]


def start_training(server: LiveServer, key: str, folder: Path) -> subprocess.Popen[str]:
    script = folder / "train.py"
    script.write_text(textwrap.dedent(TRAINING))
    environment = {
        **server.environment(),
        "WANLLM_BASE_URL": server.url,
        "WANLLM_API_KEY": key,
        "WANLLM_DIR": str(folder / "spool"),
        "PYTHONPATH": str(ROOT / "sdk" / "src"),
    }
    return subprocess.Popen(
        [sys.executable, str(script)], cwd=folder, env=environment, stdin=subprocess.PIPE, text=True
    )


def last_step(server: LiveServer, key: str) -> int:
    request = urllib.request.Request(
        f"{server.url}/api/v1/projects/ann/vision/runs", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request) as answer:
        items = json.load(answer)["items"]
    return max((item["last_step"] or 0 for item in items), default=0)


def test_from_the_first_visit_to_moving_curves(
    live_server_process: LiveServer, new_page: NewPage, tmp_path: Path
) -> None:
    server, page = live_server_process, new_page(live_server_process)
    make_administrator(page)
    make_project(page)
    key = make_key(page)
    # What is set now is gone after any reload: the page that shows the curves has to be this one.
    page.evaluate("window.isSamePage = true")
    training = start_training(server, key, tmp_path)
    try:
        expect(page.locator("line-panel canvas").first).to_be_visible(timeout=30_000)
        expect(page.get_by_role("link", name="first-run").first).to_be_visible()
        panel = page.locator("line-panel").filter(has_text="train/loss").first
        early = panel.screenshot()
        page.wait_for_timeout(4000)
        assert panel.screenshot() != early, "the curve did not move"
        assert page.evaluate("window.isSamePage") is True, "the page was loaded again"
        assert last_step(server, key) > 0
        page.get_by_role("link", name="first-run").first.click()
        expect(page.locator("#run-head")).to_contain_text("Running")
        page.evaluate("window.isSamePage = true")
    finally:
        training.communicate("\n", timeout=60)
    assert training.returncode == 0
    expect(page.locator("#run-head")).to_contain_text("Finished")
    assert page.evaluate("window.isSamePage") is True, "the page was loaded again"
    look_at_the_run(page)


def look_at_the_run(page: Page) -> None:
    expect(page.get_by_role("heading", name="first-run")).to_be_visible()
    expect(page.locator("#run-summary")).to_contain_text("train/loss")
    expect(page.locator("#run-facts")).to_contain_text("599")
    expect(page.locator(".tree")).to_contain_text("muon")
    page.get_by_role("link", name="Charts").click()
    expect(page.locator("line-panel canvas").first).to_be_visible()
    page.get_by_role("link", name="Logs").click()
    expect(page.locator("log-view")).to_contain_text("step 500")
