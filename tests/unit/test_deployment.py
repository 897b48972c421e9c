"""What docs/operation.md tells to set in production leaves Django's own checks nothing to say."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

PRODUCTION = {
    "WANLLMDB_BASE_URL": "https://lab.example.org",
    "WANLLMDB_HSTS_SECONDS": "31536000",
    "WANLLMDB_BEHIND_PROXY": "true",
    "WANLLMDB_DATABASE_URL": "postgresql://wanllmdb@database.example.org/wanllmdb",
    "WANLLMDB_REDIS_URL": "redis://redis.example.org/0",
}


def check(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env={"PATH": "/usr/bin:/bin", "WANLLMDB_DATA_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_are_clean(tmp_path: Path) -> None:
    result = check(tmp_path, **PRODUCTION)
    assert result.returncode == 0, result.stderr
    operation = (settings.BASE_DIR / "docs" / "operation.md").read_text(encoding="utf-8")
    assert [name for name in PRODUCTION if name not in operation] == []


def test_every_silenced_check_says_why() -> None:
    source = (settings.BASE_DIR / "wanllmdb" / "settings.py").read_text(encoding="utf-8")
    before, _name, after = source.partition("SILENCED_SYSTEM_CHECKS = ")
    *_rest, above = before.splitlines()
    reasons = above + after.partition("\n")[0].partition("#")[2]
    for name in settings.SILENCED_SYSTEM_CHECKS:
        assert name.partition(".")[0] in reasons, name
