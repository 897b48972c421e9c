"""A real browser, in front of a real server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.live_server import LiveServer

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WAIT_MS = 15_000

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, else the one that Playwright has downloaded."""
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, CHROMIUM)), None)
        if found is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip(
                "no Chromium is installed (apt-get install chromium, or playwright install chromium)"
            )
        # A container's small /dev/shm and missing user namespaces are no matter of these tests.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Return a function that opens a page on a server, signed out, in a language, theme and size.

    The test fails in the end if any of its pages had a script error or a broken request of its own.
    """
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_page(
        server: LiveServer,
        *,
        language: str = "en",
        theme: str = "light",
        width: int = 1280,
        height: int = 800,
    ) -> Page:
        context = browser.new_context(
            base_url=server.url,
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            accept_downloads=True,
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: (
                # 422 is how a form says that it was filled in wrong: that is no trouble.
                troubles.append(f"{page.url}: {message.text}")
                if message.type == "error" and "status of 422" not in message.text
                else None
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles, "\n".join(troubles)
