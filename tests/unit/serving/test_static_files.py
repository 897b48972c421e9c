"""Static files are collected when they changed, and only then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import storages
from pytest_django import Settings

from wanllmdb.serving import static_files


@pytest.fixture
def source(settings: Settings, tmp_path: Path) -> Path:
    """A folder that is all there is to collect, into another one."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("a { color: red }")
    (source / "build.mjs").write_text("// a tool")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.WHITENOISE_USE_FINDERS = False
    storage = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": storage}}
    return source


def collect() -> list[str]:
    """Collect, and return what a person is told."""
    told: list[str] = []
    static_files.collect_if_changed(say=told.append)
    return told


def collected() -> str:
    """Return the text of page.css as a page would load it."""
    storage = storages["staticfiles"]
    assert isinstance(storage, ManifestStaticFilesStorage)
    return Path(storage.path(storage.stored_name("page.css"))).read_text()


def test_second_start_collects_nothing(source: Path, settings: Settings) -> None:
    assert collect() == ["Preparing static files …"]
    assert "red" in collected()
    assert not list(Path(settings.STATIC_ROOT).glob("build*"))
    assert collect() == []


@pytest.mark.usefixtures("source")
def test_lost_folder_is_collected_again(settings: Settings) -> None:
    collect()
    shutil.rmtree(settings.STATIC_ROOT)
    assert collect() == ["Preparing static files …"]
    assert "red" in collected()


def test_changed_file_is_collected(source: Path) -> None:
    collect()
    (source / "page.css").write_text("a { color: green }")
    assert collect() == ["Preparing static files …"]
    assert "green" in collected()


def test_new_file_is_collected(source: Path, settings: Settings) -> None:
    collect()
    (source / "more.css").touch()
    assert collect() == ["Preparing static files …"]
    assert len(list(Path(settings.STATIC_ROOT).glob("more.*.css"))) == 1
