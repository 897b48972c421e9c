"""Collect every string that people see into locale/zh_Hans, and compile what is translated.

    python scripts/messages.py            write the catalogue
    python scripts/messages.py --check    exit 1 and say why, if it is not what the code needs

Needs GNU gettext.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import copytree

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("locale") / "zh_Hans" / "LC_MESSAGES" / "django.po"
# Where strings are. Tests, the SDK (English on every terminal) and tools have none.
SOURCES = ("apps", "templates", "wanllmdb")


def collect(tree: Path) -> None:
    """Update the catalogue in `tree` from its sources, and drop what is said no more."""
    django_admin = [sys.executable, "-m", "django", "makemessages"]
    options = [
        "--locale=zh_Hans",
        "--no-wrap",
        "--no-obsolete",
        "--add-location=file",
        "--symlinks",
    ]
    # Without settings, so that the locale folder of this very tree is meant.
    environment = {
        name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
    }
    subprocess.run(
        [*django_admin, *options], cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    path = tree / CATALOGUE
    # The time of collection would make every run a change.
    text = re.sub(r'"POT-Creation-Date: .*\\n"\n', "", path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")


def scratch_tree(folder: Path) -> Path:
    """Make a tree that has the sources by link, and a copy of the catalogue."""
    for name in SOURCES:
        (folder / name).symlink_to(ROOT / name)
    copytree(ROOT / "locale", folder / "locale")
    return folder


def compile_messages(tree: Path) -> bytes:
    """Compile the catalogue of `tree` beside it; return what was written."""
    path = tree / CATALOGUE
    compiled = path.with_suffix(".mo")
    subprocess.run(
        ["msgfmt", "--check", "--no-hash", "--endianness=little", "-o", str(compiled), str(path)],
        check=True,
    )
    return compiled.read_bytes()


def problems() -> list[str]:
    """Return what is wrong with the catalogue, a sentence each."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        tree = scratch_tree(Path(folder))
        collect(tree)
        if (tree / CATALOGUE).read_bytes() != (ROOT / CATALOGUE).read_bytes():
            found.append("The catalogue is not what the code says: run `make messages`.")
        for option, sentence in (
            ("--untranslated", "not translated"),
            ("--only-fuzzy", "fuzzy"),
        ):
            command = ["msgattrib", option, "--no-wrap", str(tree / CATALOGUE)]
            listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found += [
                f"{sentence}: {line}"
                for line in re.findall(r'^msgid (?!"").*', listed, re.MULTILINE)
            ]
        if compile_messages(tree) != (ROOT / CATALOGUE).with_suffix(".mo").read_bytes():
            found.append("django.mo is not compiled from django.po: run `make messages`.")
    return found


def main() -> int:
    if "--check" in sys.argv[1:]:
        found = problems()
        print("\n".join(found) or "The catalogue is complete.")
        return 1 if found else 0
    with tempfile.TemporaryDirectory() as folder:
        (ROOT / CATALOGUE).parent.mkdir(parents=True, exist_ok=True)
        tree = scratch_tree(Path(folder))
        collect(tree)
        (ROOT / CATALOGUE).write_bytes((tree / CATALOGUE).read_bytes())
    compile_messages(ROOT)
    statistics = ["msgfmt", "--statistics", "-o", os.devnull, str(ROOT / CATALOGUE)]
    subprocess.run(statistics, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
