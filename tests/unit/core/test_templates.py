"""Rules that hold for every template: what the Content-Security-Policy would block does not stand in one."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from apps.core.templatetags import modules

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|hx-on", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_static_files_it_names_exist(path: Path) -> None:
    for name in re.findall(
        r"""\{% static ["']([^"']+)["'] %\}""", path.read_text(encoding="utf-8")
    ):
        assert finders.find(name), name


def test_each_element_that_a_page_loads_has_its_module() -> None:
    loaded = {
        name
        for path in PAGES
        for tag in re.findall(r"\{% elements ([^%]+) %\}", path.read_text(encoding="utf-8"))
        for name in re.findall(r'"([^"]+)"', tag)
    }
    assert {"run-list", "panel-grid", "copy-button", "htmx"} <= loaded
    for name in loaded:
        modules.elements(name)


def test_a_page_asks_at_once_for_what_its_element_imports() -> None:
    tags = modules.elements("run-list")
    assert '<script type="module" src="/static/js/run-list.js"></script>' in tags
    assert '<link rel="modulepreload" href="/static/js/i18n.js">' in tags


def test_imports_are_followed_over_several_lines_and_to_libraries() -> None:
    text = 'import {\n  a,\n  b,\n} from "./x.js";\nimport uPlot from "uplot";\nexport const c = "./no.js";\n'
    assert modules.STATIC_IMPORT.findall(text) == ["./x.js", "uplot"]
    assert "vendor/uplot.js" in modules.imports_of("js/line-panel.js")


def test_a_misspelt_element_is_told() -> None:
    with pytest.raises(LookupError, match="no-such-element"):
        modules.elements("no-such-element")
