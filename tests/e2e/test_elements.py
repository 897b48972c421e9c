"""The browser elements by themselves, on made-up data behind the real URLs (tests/js/fixtures)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.live_server import ROOT, free_port

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def fixture_url() -> Iterator[str]:
    """The fixture server."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "tests.js.fixtures.serve:app",
        "--log-level",
        "warning",
    ]
    server = subprocess.Popen([*command, "--port", str(port)], cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{url}/requests", timeout=1)
            break
        except OSError:
            time.sleep(0.1)
    yield url
    server.terminate()
    server.wait()


@pytest.fixture
def open_page(browser: Browser, fixture_url: str) -> Iterator[Open]:
    """Return a function that opens a path of the fixture server; the test fails on any script error."""
    errors: list[str] = []
    contexts = []

    def open_path(path: str, width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(
            base_url=fixture_url, viewport={"width": width, "height": height}, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: errors.append(said.text) if "Security Policy" in said.text else None,
        )
        page.goto(path)
        return page

    yield open_path
    for context in contexts:
        context.close()
    assert not errors


def requests_of(page: Page, points: int = 1000) -> list[dict[str, Any]]:
    """Return the metric queries of panels that the server got since the page was opened."""
    found = json.loads(page.request.get("/requests").text())
    return [query for query in found if query["points"] == points]


def panel(page: Page, key: str) -> Locator:
    return page.locator(f'line-panel[key="{key}"]')


def plot(page: Page, key: str) -> Locator:
    return panel(page, key).locator(".u-over")


def hover(page: Page, key: str, share: float = 0.4) -> None:
    box = plot(page, key).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * share - 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)


def drag(page: Page, key: str, start: float, end: float) -> None:
    box = plot(page, key).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, middle, steps=4)
    page.mouse.move(box["x"] + box["width"] * end, middle, steps=4)
    page.mouse.up()


def test_all_panels_on_screen_come_with_one_request(open_page: Open) -> None:
    page = open_page("/workspace")
    expect(panel(page, "eval/acc").locator(".panel-sub")).to_have_text("14 runs")
    queries = requests_of(page)
    assert len(queries) == 1
    assert "eval/acc" in queries[0]["keys"]
    assert len(queries[0]["runs"]) == 14
    assert "z/logit_max" not in queries[0]["keys"], "a panel far below the screen is not loaded"
    page.locator(".panel-scroll").evaluate("(scroller) => scroller.scrollTo(0, 1e6)")
    expect(panel(page, "z/logit_max").locator(".panel-sub")).to_have_text("14 runs")


def test_an_eye_hides_a_run_and_the_link_remembers(open_page: Open) -> None:
    page = open_page("/workspace")
    row = page.locator(".run-row", has_text="muon-3e-3-s2")
    row.get_by_role("button", name="Hide muon-3e-3-s2").click()
    expect(panel(page, "eval/acc").locator(".panel-sub")).to_have_text("13 runs")
    expect(page.locator(".runs-foot")).to_contain_text("13 shown")
    expect(page).to_have_url(re.compile("hide=muon-3e-3-s2"))
    page.reload()
    expect(panel(page, "eval/acc").locator(".panel-sub")).to_have_text("13 runs")
    expect(row).to_have_attribute("aria-selected", "false")


def test_a_run_shown_later_is_asked_for_alone(open_page: Open) -> None:
    page = open_page("/workspace?hide=muon-3e-3-s2")
    expect(panel(page, "eval/acc").locator(".panel-sub")).to_have_text("13 runs")
    page.get_by_role("button", name="Show muon-3e-3-s2").click()
    expect(panel(page, "eval/acc").locator(".panel-sub")).to_have_text("14 runs")
    assert [len(query["runs"]) for query in requests_of(page)] == [13, 1]


def test_the_pointer_tells_values_and_all_panels_follow(open_page: Open) -> None:
    page = open_page("/workspace?x=relative&panels=eval")
    expect(panel(page, "eval/loss").locator(".panel-sub")).to_have_text("14 runs")
    hover(page, "eval/acc")
    tip = page.locator(".chart-tip")
    expect(tip).to_be_visible()
    expect(tip.locator(".tip-row")).to_have_count(5)
    expect(tip.locator(".tip-row.is-nearest")).to_have_count(1)
    expect(tip.locator(".tip-more")).to_have_text(
        re.compile(r"^9 more, (up|down) to |^9 more, .* to ")
    )
    values = [float(text) for text in tip.locator(".tip-row > :last-child").all_inner_texts()]
    assert values == sorted(values)
    label = panel(page, "eval/loss").locator(".cross-label")
    expect(label).to_be_visible()
    assert label.inner_text() == panel(page, "eval/acc").locator(".cross-label").inner_text()
    nearest = tip.locator(".is-nearest .tip-name").inner_text()
    expect(page.locator(".run-row.is-hovered .run-name")).to_have_text(nearest)
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    expect(label).to_be_hidden()


def test_the_cross_hair_stands_on_a_step_that_was_logged(open_page: Open) -> None:
    page = open_page("/workspace?panels=train/loss")
    expect(panel(page, "train/loss").locator(".panel-sub")).to_have_text("14 runs")
    for share in (0.11, 0.37, 0.53):
        hover(page, "train/loss", share)
        step = page.locator(".tip-head").inner_text().removeprefix("step ")
        assert int(step.replace(",", "")) % 60 == 0
        assert step == panel(page, "train/loss").locator(".cross-label").inner_text()


def test_dragging_asks_the_server_for_that_part_and_a_double_click_for_all(open_page: Open) -> None:
    page = open_page("/workspace?panels=train/loss")
    sub = panel(page, "train/loss").locator(".panel-sub")
    expect(sub).to_have_text("14 runs")
    drag(page, "train/loss", 0.25, 0.5)
    expect(sub).to_have_text("zoomed, 14 runs")
    query = requests_of(page)[-1]
    assert 25_000 < query["from"] < 35_000
    assert 55_000 < query["to"] < 65_000
    expect(page).to_have_url(re.compile("zoom="))
    page.reload()
    expect(sub).to_have_text("zoomed, 14 runs")
    plot(page, "train/loss").dblclick()
    expect(sub).to_have_text("14 runs")
    expect(page).not_to_have_url(re.compile("zoom="))


def test_settings_hold_for_all_panels_and_are_in_the_link(open_page: Open) -> None:
    page = open_page("/workspace?panels=train")
    page.get_by_role("button", name="Smooth").click()
    page.get_by_role("spinbutton", name="Smoothing weight").fill("0.9")
    expect(page.get_by_role("button", name="Smooth EMA 0.90")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Y linear").click()
    page.get_by_role("menuitemradio", name="log").click()
    expect(panel(page, "train/loss").locator(".panel-sub")).to_have_text("log, 14 runs")
    page.get_by_role("button", name="X step").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="X run time")).to_be_visible()
    expect(page).to_have_url(re.compile("(?=.*smooth=0.9)(?=.*y=log)(?=.*x=relative)"))
    assert {query["x"] for query in requests_of(page)} == {"step", "relative"}


def test_live_points_move_the_lines_without_a_reload(open_page: Open) -> None:
    page = open_page("/workspace?panels=train/loss&hz=4")
    opened = time.monotonic()
    last = "(panel) => Math.max(0, ...panel.lines.filter((l) => l.name.startsWith('soap')).map((l) => l.x.at(-1)))"
    target = panel(page, "train/loss")
    expect(target.locator(".panel-sub")).to_have_text("14 runs")
    before = target.evaluate(last)
    page.wait_for_timeout(3500)
    assert target.evaluate(last) > before > 0
    later = requests_of(page)[1:]
    assert later, "nudges make the panel ask again"
    assert len(later) <= 2 * (time.monotonic() - opened) + 1, "at most twice a second"
    assert {len(query["runs"]) for query in later} == {3}, "only for the runs that changed"


def test_keys_walk_the_list_and_toggle(open_page: Open) -> None:
    page = open_page("/workspace")
    expect(page.locator(".run-row")).to_have_count(14)
    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.locator(".run-row").nth(1)
    expect(row).to_be_focused()
    page.keyboard.press("x")
    expect(row).to_have_attribute("aria-selected", "false")
    page.keyboard.press("Shift+X")
    expect(page.locator(".runs-foot")).to_contain_text("1 shown")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search panels")).to_be_focused()


def test_ten_thousand_runs_are_few_rows_and_load_as_they_are_reached(open_page: Open) -> None:
    page = open_page("/workspace?runs=10000")
    expect(page.locator(".runs-foot")).to_contain_text("50 of 10,000 runs")
    rows = page.locator(".run-rows")
    for _ in range(12):
        rows.evaluate("(scroller) => scroller.scrollTo(0, 1e9)")
        page.wait_for_timeout(60)
    expect(page.locator(".runs-foot")).to_contain_text(re.compile(r"[1-9]\d\d of 10,000 runs"))
    assert page.locator(".run-row").count() < 80
    expect(panel(page, "eval/acc").locator(".panel-sub")).to_have_text("20 runs")


def test_a_slip_in_the_filter_is_told_under_it(open_page: Open) -> None:
    page = open_page("/workspace")
    box = page.get_by_role("searchbox", name="Search runs")
    box.fill('name = "muon')
    expect(page.locator(".run-problem")).to_have_text(
        "Column 8: the quote that opens here is never closed."
    )
    expect(page.locator(".run-row")).to_have_count(14)
    box.fill("soap")
    expect(page.locator(".run-problem")).to_be_hidden()
    expect(page.locator(".run-row")).to_have_count(2)
    expect(panel(page, "eval/acc").locator(".panel-sub")).to_have_text("2 runs")


def test_the_metric_column_sorts_the_list(open_page: Open) -> None:
    page = open_page("/workspace")
    expect(page.locator(".run-column")).to_have_text("eval/acc")
    page.locator(".run-column").click()
    page.get_by_role("menuitemradio", name="Highest first").click()
    expect(page).to_have_url(re.compile("sort=-summary.eval"))
    figures = page.locator(".run-value")
    expect(figures.first).to_have_text("63.70")
    values = [float(text) for text in figures.all_inner_texts()]
    assert values == sorted(values, reverse=True)


def test_a_panel_is_saved_as_picture_and_as_points(open_page: Open) -> None:
    page = open_page("/workspace?panels=eval/acc&first=0&show=muon-3e-3-s0,soap-3e-3-s0")
    expect(panel(page, "eval/acc").locator(".panel-sub")).to_have_text("2 runs")
    panel(page, "eval/acc").hover()
    with page.expect_download() as picture:
        panel(page, "eval/acc").get_by_role("button", name="More").click()
        page.get_by_role("menuitem", name="Save as PNG").click()
    assert picture.value.suggested_filename == "eval-acc.png"
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as points:
        panel(page, "eval/acc").get_by_role("button", name="More").click()
        page.get_by_role("menuitem", name="Save as CSV").click()
    lines = points.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0] == "step,soap-3e-3-s0,muon-3e-3-s0"
    assert len(lines) == 1 + 60
    assert lines[-1].startswith("118000,,"), "soap ended earlier"


def test_full_screen_tells_every_run_beside_a_finer_plot(open_page: Open) -> None:
    page = open_page("/workspace?panels=train/loss")
    expect(panel(page, "train/loss").locator(".panel-sub")).to_have_text("14 runs")
    panel(page, "train/loss").focus()
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="train/loss")
    expect(dialog.locator(".legend-row")).to_have_count(14)
    assert requests_of(page, points=2000)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(panel(page, "train/loss")).to_be_focused()


def test_the_data_table_says_in_figures_what_the_lines_show(open_page: Open) -> None:
    page = open_page("/run")
    target = panel(page, "eval/acc").last
    expect(target.locator(".panel-plot")).to_have_attribute(
        "aria-label", re.compile(r"eval/acc, line from 0 to 118,000, last value 6\d\.\d\d")
    )
    target.hover()
    target.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Show data table").click()
    expect(page.locator(".panel-table tbody tr")).to_have_count(50)
    expect(page.locator(".panel-table tbody tr").last).to_contain_text("118,000")


def test_a_change_of_theme_is_drawn(open_page: Open) -> None:
    page = open_page("/run")
    target = panel(page, "eval/acc").first
    expect(target.locator(".panel-last")).not_to_be_empty()
    ground = (
        "(p) => [...p.chart.snapshot().getContext('2d').getImageData(2, 2, 1, 1).data].slice(0, 3)"
    )
    assert target.evaluate(ground) == [255, 255, 255]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(200)
    assert target.evaluate(ground) == [0x15, 0x18, 0x1C]


def test_without_contact_the_page_says_so_and_comes_back(open_page: Open) -> None:
    page = open_page("/workspace?panels=eval/acc")
    sub = panel(page, "eval/acc").locator(".panel-sub")
    expect(sub).to_have_text("14 runs")
    page.request.get("/down")
    bar = page.locator("contact-bar")
    expect(bar).to_be_visible(timeout=25_000)
    expect(bar).to_contain_text("No contact with the server for")
    assert panel(page, "eval/acc").locator(".u-over").count() == 1, "the lines stay"
    page.request.get("/up")
    bar.get_by_role("button", name="Retry now").click()
    expect(bar).to_be_hidden(timeout=15_000)


def test_a_panel_that_failed_says_why_and_tries_again(open_page: Open) -> None:
    page = open_page("/workspace?panels=eval/acc")
    expect(panel(page, "eval/acc").locator(".panel-sub")).to_have_text("14 runs")
    page.request.get("/down")
    page.get_by_role("button", name="X step").click()
    page.get_by_role("menuitemradio", name="wall time").click()
    message = panel(page, "eval/acc").get_by_role("alert")
    expect(message).to_contain_text("Could not load this panel")
    page.request.get("/up")
    message.get_by_role("button", name="Try again").click()
    expect(panel(page, "eval/acc").locator(".u-over")).to_be_visible()
    expect(message).to_have_count(0)


def test_the_log_follows_its_end_until_it_is_scrolled(open_page: Open) -> None:
    page = open_page("/logs?hz=4")
    follow = page.get_by_role("button", name="Follow")
    expect(follow).to_have_attribute("aria-pressed", "true")
    total = page.locator(".log-toolbar .btn", has_text="lines")
    before = total.inner_text()
    expect(total).not_to_have_text(before)
    last = page.locator(".log-line").last
    expect(last.locator(".log-number")).to_have_text(total.inner_text().split()[0])
    assert page.locator(".log-line").count() < 80
    page.locator(".log-scroll").evaluate("(scroller) => scroller.scrollBy(0, -2000)")
    expect(follow).to_have_attribute("aria-pressed", "false")


def test_the_log_finds_and_links_lines(open_page: Open) -> None:
    page = open_page("/logs")
    page.get_by_role("searchbox").fill("Running Median")
    expect(page.locator(".log-hits")).to_have_text("88 of 88")
    current = page.locator(".log-line.is-current")
    expect(current.locator("mark")).to_have_text("running median")
    page.keyboard.press("Enter")
    expect(page.locator(".log-hits")).to_have_text("1 of 88")
    expect(current.locator(".log-number")).to_have_text("1")
    page.goto("/logs#L18402")
    page.reload()
    expect(page.locator(".log-line.is-current .log-number")).to_have_text("18,402")
    expect(page.locator(".log-line.is-fault")).to_have_count(5)


def test_the_log_shows_what_a_terminal_would(open_page: Open) -> None:
    page = open_page("/logs#L308")
    done = page.locator(".log-line.is-current .log-text")
    expect(done).to_have_text("downloading done")
    expect(done.locator(".fg-green")).to_have_text("done")


@pytest.mark.parametrize("path", ["/workspace", "/run", "/logs"])
def test_nothing_is_wider_than_a_phone(open_page: Open, path: str) -> None:
    page = open_page(path, width=390, height=844)
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
