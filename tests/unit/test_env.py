"""The readers of `WANLLMDB_*` variables: what they take, and the sentence for what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wanllmdb import env

NAME = "WANLLMDB_SAMPLE"


def port() -> int:
    return env.integer(NAME, 8080, 1, 65535)


def level() -> str:
    return env.text(NAME, "INFO", ("DEBUG", "INFO"))


def flag() -> bool:
    return env.flag(NAME, False)


def redis() -> str | None:
    return env.url(NAME, ("redis", "rediss"))


def rate() -> str:
    return env.rate(NAME, "300/min")


def words() -> list[str]:
    return env.words(NAME, ["localhost"])


@pytest.fixture(autouse=True)
def known_names_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "KNOWN", set(env.KNOWN))


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (port, "1", 1),
        (port, " 65535 ", 65535),
        (level, "DEBUG", "DEBUG"),
        (flag, "true", True),
        (flag, "False", False),
        (redis, "rediss://:secret@cache:6380/1", "rediss://:secret@cache:6380/1"),
        (rate, "20/h", "20/h"),
        (words, "a.example, b.example,", ["a.example", "b.example"]),
    ],
)
def test_value_is_read(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any], value: str, expected: Any
) -> None:
    monkeypatch.setenv(NAME, value)
    assert read() == expected


@pytest.mark.parametrize(
    ("read", "default"),
    [
        (port, 8080),
        (level, "INFO"),
        (flag, False),
        (redis, None),
        (rate, "300/min"),
        (words, ["localhost"]),
        (lambda: env.text(NAME), None),
        (lambda: env.secret(NAME), None),
        (lambda: env.directory(NAME, Path("/data")), Path("/data")),
    ],
)
@pytest.mark.parametrize("value", [None, "", "   "])
def test_unset_or_empty_is_the_default(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any], default: Any, value: str | None
) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if value is not None:
        monkeypatch.setenv(NAME, value)
    assert read() == default


@pytest.mark.parametrize(
    ("read", "junk", "accepts"),
    [
        (port, "eighty", "a whole number from 1 to 65535"),
        (port, "0", "a whole number from 1 to 65535"),
        (port, "65536", "a whole number from 1 to 65535"),
        (port, "80.0", "a whole number from 1 to 65535"),
        (level, "debug", "one of DEBUG, INFO"),
        (flag, "1", "true or false"),
        (flag, "yes", "true or false"),
        (redis, "http://cache", "a URL that begins with redis:// or rediss://"),
        (redis, "redis://", "a URL that begins with redis:// or rediss://"),
        (redis, "redis://cache:port", "a URL that begins with redis:// or rediss://"),
        (redis, "redis://[::1", "a URL that begins with redis:// or rediss://"),
        (rate, "0/min", "a count and a period"),
        (rate, "many", "a count and a period"),
        (words, ",", "words separated by commas"),
    ],
)
def test_junk_is_refused_with_the_name_and_what_it_accepts(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any], junk: str, accepts: str
) -> None:
    monkeypatch.setenv(NAME, junk)
    with pytest.raises(env.EnvError) as refusal:
        read()
    sentence = str(refusal.value)
    assert NAME in sentence
    assert junk in sentence
    assert accepts in sentence


def test_directory_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "~/runs")
    assert env.directory(NAME, Path("/data")) == Path.home() / "runs"


def test_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("hush\n", encoding="utf-8")
    monkeypatch.setenv(f"{NAME}_FILE", str(path))
    assert env.secret(NAME) == "hush"
    monkeypatch.setenv(NAME, "said aloud")
    assert env.secret(NAME) == "said aloud"


def test_missing_secret_file_is_refused_without_showing_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "none"))
    with pytest.raises(env.EnvError, match=f"{NAME}_FILE.*file that can be read"):
        env.secret(NAME)


def test_misspelt_variable_is_named_with_the_likely_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANLLMDB_PROT", "80")
    assert env.unknown_variables() == [
        "WANLLMDB_PROT is no variable of wanLLMDB and changes nothing; did you mean WANLLMDB_PORT?"
    ]
