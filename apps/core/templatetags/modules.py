"""How a page loads its JavaScript: plain ES modules, one custom element each, no bundler.

`<run-list>` is defined by static/js/run-list.js. The import map gives each module its hashed name; what a
module imports is read from its `import … from "./x.js"` lines, so that the page can ask for all of them at once.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
BARE_NAMES = {"uplot": "vendor/uplot.js", "htmx": "vendor/htmx.js"}
STATIC_IMPORT = re.compile(r"""^(?:import|export)\b[^;"'()=]*["']([^"']+)["']""", re.MULTILINE)


def _source(path: str) -> str:
    found = finders.find(path)
    if found is None:
        raise LookupError(f"There is no module static/{path}.")
    return Path(found).read_text(encoding="utf-8")


@cache
def imports_of(path: str) -> tuple[str, ...]:
    """Return the paths under static/ of everything that a module imports at its start, itself first."""
    seen = [path]
    for current in seen:
        if current in BARE_NAMES.values():
            continue
        for target in STATIC_IMPORT.findall(_source(current)):
            name = BARE_NAMES.get(target) or f"js/{target.removeprefix('./')}"
            if name not in seen:
                seen.append(name)
    return tuple(seen)


@cache
def _import_map() -> str:
    modules = {name: static(path) for name, path in BARE_NAMES.items()}
    for folder in (Path(folder) / "js" for folder in settings.STATICFILES_DIRS):
        for path in sorted(folder.rglob("*.js")):
            plain = f"js/{path.relative_to(folder).as_posix()}"
            address = static(plain)
            if address != settings.STATIC_URL + plain:
                modules[settings.STATIC_URL + plain] = address
    return json.dumps({"imports": modules}, indent=1).replace("<", "\\u003c")


@register.simple_tag(takes_context=True)
def import_map(context: dict[str, Any]) -> SafeString:
    """Print the import map. It is the one inline script of a page, allowed by its nonce."""
    return format_html(
        '<script type="importmap" nonce="{}">{}</script>',
        context["request"].csp_nonce,
        mark_safe(_import_map()),  # noqa: S308 - our own file names, "<" escaped  # nosec B308 B703
    )


@register.simple_tag
def elements(*names: str) -> SafeString:
    """Load the modules of the page's custom elements, and ask at once for what they import."""
    entries = [BARE_NAMES.get(name, f"js/{name}.js") for name in names]
    wanted = dict.fromkeys(path for entry in entries for path in imports_of(entry))
    preloads = [(static(path),) for path in wanted if path not in entries]
    return format_html_join(
        "\n", '<link rel="modulepreload" href="{}">', preloads
    ) + format_html_join(
        "\n", '<script type="module" src="{}"></script>', [(static(path),) for path in entries]
    )
