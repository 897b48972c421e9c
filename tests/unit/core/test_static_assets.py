"""What stands in static/: vendored files are what they say, icons exist and are used, colours can be read."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
DRAWN = re.compile(r"""(?:\{% icon |\bicon\(|\biconButton\()["']([a-z0-9-]+)["']""")


def own_sources() -> str:
    tags = (Path(settings.BASE_DIR) / "apps").rglob("templatetags/*.py")
    files = [*TEMPLATES.rglob("*.html"), *(STATIC / "js").rglob("*.js"), *tags]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def sprite_icons() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons/sprite.svg").read_text()))


def test_vendored_files_have_the_hashes_of_the_manifest() -> None:
    manifest = json.loads((STATIC / "vendor/manifest.json").read_text())
    assert {part["name"] for part in manifest} >= {"uplot", "htmx.org", "lucide-static"}
    for part in manifest:
        assert (STATIC / part["licence_text"]).read_text().strip(), part["name"]
        for file in part["files"]:
            content = (STATIC / file["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["sha256"], file["path"]


def test_vendored_versions_are_those_of_the_lock_file() -> None:
    manifest = json.loads((STATIC / "vendor/manifest.json").read_text())
    locked = json.loads((STATIC / "vendor/package-lock.json").read_text())["packages"]
    for part in manifest:
        assert locked[f"node_modules/{part['name']}"]["version"] == part["version"]


def test_every_icon_that_is_drawn_is_in_the_sprite() -> None:
    drawn = set(DRAWN.findall(own_sources()))
    assert drawn
    assert drawn - sprite_icons() == set()


def test_every_icon_of_the_sprite_is_drawn_somewhere() -> None:
    sources = own_sources()
    listed = (STATIC / "icons/icons.txt").read_text().split()
    assert set(listed) == sprite_icons()
    assert [name for name in listed if not re.search(f"[\"']{name}[\"']", sources)] == []


def test_style_sheets_load_nothing_from_elsewhere() -> None:
    for sheet in (STATIC / "css").glob("*.css"):
        assert "//" not in re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL), sheet.name


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("text", "bg", 7.0),
        ("muted", "surface", 5.5),
        ("muted", "bg", 4.5),
        ("accent", "surface", 4.5),
        ("on-accent", "accent", 4.5),
        ("ctl", "surface", 3.0),
        ("ok", "ok-soft", 4.5),
        ("run", "run-soft", 4.5),
        ("warn", "warn-soft", 4.5),
        ("bad", "bad-soft", 4.5),
        ("code-word", "sunken", 4.5),
        ("code-text", "sunken", 4.5),
    ],
)
def test_words_can_be_read_on_their_ground(theme: int, ink: str, ground: str, least: float) -> None:
    sheet = (STATIC / "css/tokens.css").read_text()
    pairs = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", sheet)
    tokens = {name: colours[theme] for name, *colours in pairs}
    assert contrast(tokens[ink], tokens[ground]) >= least
