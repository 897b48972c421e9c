"""The Chinese catalogue: all of it, fresh, and written by its own rules."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%%")
HAN = r"[\u4e00-\u9fff]"


def translations() -> list[str]:
    """Return every Chinese sentence, without its placeholders."""
    text = CATALOGUE.read_text(encoding="utf-8")
    quoted = re.findall(r'^msgstr(?:\[0\])? "(.+)"$', text, flags=re.MULTILINE)
    return [PLACEHOLDER.sub("", sentence) for sentence in quoted]


@pytest.mark.skipif(
    shutil.which("msgfmt") is None, reason="GNU gettext is not installed (apt-get install gettext)"
)
def test_every_string_is_translated_and_compiled() -> None:
    check = [sys.executable, "scripts/messages.py", "--check"]
    done = subprocess.run(check, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_page_in_chinese_is_chinese() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("Sign in") == "登录"
        assert translation.ngettext("%(n)s running", "%(n)s running", 3) == "%(n)s 个正在运行"


def test_han_and_latin_stand_apart() -> None:
    touching = re.compile(rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}")
    assert [sentence for sentence in translations() if touching.search(sentence)] == []


def test_punctuation_beside_han_is_full_width() -> None:
    half_width = re.compile(rf"{HAN}[,.;:?!]|[,;?!]{HAN}|[!！]")
    odd = [sentence for sentence in translations() if half_width.search(sentence)]
    # Operators of the query language are quoted as they are typed.
    assert [sentence for sentence in odd if "!=" not in sentence] == []


def test_people_are_addressed_politely() -> None:
    assert [sentence for sentence in translations() if "你" in sentence] == []
