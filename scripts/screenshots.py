"""Take pictures of every page, in both languages, both themes, wide and on a phone, into screenshots/.

    python scripts/screenshots.py [NAME …]      (default: every page; names are the keys of PAGES)

Starts a server of its own with data made for the purpose by the SDK, and needs the system's Chromium.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.live_server import LiveServer  # noqa: E402 - found only with the root on the path

OUT = ROOT / "screenshots"
PASSWORD = "correct horse battery"
SIZES = {"wide": (1440, 900, 1), "phone": (390, 844, 2)}
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
THEMES = ("light", "dark")
# Signed out first; what stands behind "#" is clicked before the picture is taken.
OPEN_PAGES = {"sign-in": "/accounts/login/"}
PAGES = {
    "home": "/",
    "account-menu": "/#.avatar-btn",
    "new-project": "/new",
    "first-run": "/lin/wan-vision",
    "workspace": "/lin/wan-1b-optim",
    "runs": "/lin/wan-1b-optim?view=runs",
    "project-settings": "/lin/wan-1b-optim/settings",
    "project-delete": "/lin/wan-1b-optim/delete",
    "run": "/lin/wan-1b-optim/runs/muon-s0",
    "run-live": "/lin/wan-1b-optim/runs/soap-s0",
    "run-failed": "/lin/wan-1b-optim/runs/lion-s1",
    "charts": "/lin/wan-1b-optim/runs/muon-s0/charts",
    "system": "/lin/wan-1b-optim/runs/muon-s0/system",
    "logs": "/lin/wan-1b-optim/runs/lion-s1/logs",
    "profile": "/settings/profile",
    "keys": "/settings/keys",
    "missing": "/lin/nothing",
}
TRAINING = """
import math, random, sys, time
import wanllm

name, epochs = sys.argv[1], int(sys.argv[2])
optimizer, seed = name.split("-")[0], int(name[-1])
random.seed(name)
base = {"muon": 2.45, "adamw": 2.51, "soap": 2.47, "lion": 2.56}[optimizer] + 0.006 * seed
run = wanllm.init(
    project="lin/wan-1b-optim", id=name, name=name, group=optimizer, job_type="train",
    tags=["paper", "seed-study"] if optimizer == "muon" else [],
    notes="Seeds of the main table. The first 2,000 steps are warm-up." if name == "muon-s0" else "",
    config={
        "model": {"name": "wan-1.3b", "n_layer": 24, "d_model": 2048, "rope": {"base": 10000, "dim": 64}},
        "optim": {"name": optimizer, "lr": 0.003, "weight_decay": 0.1, "betas": [0.9, 0.95], "warmup_steps": 2000},
        "data": {"mix": "v7", "shards": 512}, "batch_size": 72, "seq_len": 1024, "seed": seed,
    },
)
run.define_metric("eval/acc", goal="maximize")
for epoch in range(epochs):
    step, fall = epoch * 200, math.exp(-epoch / 70)
    noise = random.gauss(0, 0.02)
    row = {
        "train/loss": base + 3 * fall + noise,
        "train/grad_norm": abs(0.33 + 2 * fall + random.gauss(0, 0.05)),
        "train/lr": 0.003 * min(1, epoch / 10) * (1 - epoch / 700),
        "perf/ktokens_per_s": 411 + random.gauss(0, 2),
    }
    if epoch % 10 == 0:
        row |= {"eval/acc": 64 - 30 * math.exp(-epoch / 120) + 5 * noise, "eval/loss": base + 2.5 * fall}
        print(f"[rank0] step {step:,}  loss {row['train/loss']:.4f}  grad_norm {row['train/grad_norm']:.3f}")
    run.log(row, step=step)
if name == "lion-s1":
    run.log({"train/loss": float("nan")}, step=step + 200)
    raise FloatingPointError(f"loss is nan at step {step + 200}")
if optimizer == "soap":
    print("ready", file=sys.stderr, flush=True)
    sys.stdin.readline()
run.finish()
"""
RUNS = {
    "muon-s0": 600, "muon-s1": 600, "muon-s2": 600, "adamw-s0": 600, "adamw-s1": 600, "adamw-s2": 590,
    "lion-s0": 380, "lion-s1": 240, "soap-s0": 470, "soap-s1": 420,
}  # fmt: skip


def ask(server: LiveServer, key: str, path: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{server.url}/api/v1{path}",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


def train(server: LiveServer, key: str, folder: Path) -> list[subprocess.Popen[str]]:
    """Log the runs, and return the processes of those that go on."""
    script = folder / "train.py"
    script.write_text(TRAINING)
    environment = server.environment() | {
        "WANLLM_BASE_URL": server.url,
        "WANLLM_API_KEY": key,
        "WANLLM_DIR": str(folder / "spool"),
        "PYTHONPATH": str(ROOT / "sdk" / "src"),
    }
    live = []
    for name, epochs in RUNS.items():
        process = subprocess.Popen(
            [sys.executable, str(script), name, str(epochs)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if name.startswith("soap"):
            live.append(process)
        else:
            process.wait()
    return live


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill("lin")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button.primary[type=submit]").click()
    page.wait_for_url("**/")


def take(browser: Browser, server: LiveServer, names: list[str]) -> None:
    """Take the pictures: screenshots/<page>-<language>-<theme>-<size>.png."""
    for (size, (width, height, scale)), language, theme in product(
        SIZES.items(), LANGUAGES, THEMES
    ):
        context = browser.new_context(
            base_url=server.url,
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            locale=LANGUAGES[language],
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = context.new_page()
        for pages in (OPEN_PAGES, PAGES):
            if pages is PAGES:
                sign_in(page)
            for name in (name for name in pages if name in names):
                address, _, click = pages[name].partition("#")
                page.goto(address)
                page.wait_for_timeout(1500)
                if click:
                    page.locator(click).click()
                    page.wait_for_timeout(300)
                page.screenshot(path=OUT / f"{name}-{language}-{theme}-{size}.png")
        context.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")


def main() -> None:
    names = sys.argv[1:] or [*OPEN_PAGES, *PAGES]
    if unknown := set(names) - {*OPEN_PAGES, *PAGES}:
        sys.exit(f"There is no page {', '.join(sorted(unknown))}; there are {', '.join(PAGES)}.")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = LiveServer(Path(folder) / "data")
        server.start()
        live: list[subprocess.Popen[str]] = []
        try:
            key = server.adduser("lin", "--password", PASSWORD, "--admin")
            for slug in ("wan-1b-optim", "wan-vision"):
                ask(server, key, "/projects", {"org": "lin", "slug": slug})
            live = train(server, key, Path(folder))
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            take(browser, server, names)
            browser.close()
        finally:
            for process in live:
                process.communicate("\n", timeout=60)
            server.stop()


if __name__ == "__main__":
    main()
