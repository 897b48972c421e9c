"""The numbers of keys: every name once a project, remembered by this process.

A number is never given away again, so what is remembered can only be right or unused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction

from apps.metrics import sql
from apps.metrics.models import MetricKey

_KEPT = 500_000
_CHUNK = 500

_numbers: dict[tuple[int, str], int] = {}
_names: dict[int, str] = {}


def find(project_id: int, names: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those names that have one in this project."""
    found: dict[str, int] = {}
    unknown: list[str] = []
    for name in names:
        number = _numbers.get((project_id, name))
        if number is None:
            unknown.append(name)
        else:
            found[name] = number
    for start in range(0, len(unknown), _CHUNK):
        rows = sql.fetch(
            "SELECT id, name FROM metrics_metrickey WHERE project_id = %s "
            "AND name IN (VALUES {rows})",
            [project_id],
            [(name,) for name in unknown[start : start + _CHUNK]],
        )
        found.update({name: number for number, name in rows})
    _remember(project_id, found)
    return found


def intern(project_id: int, names: Iterable[str]) -> dict[str, int]:
    """Return the numbers of all names, giving one to those that have none."""
    wanted = list(names)
    found = find(project_id, wanted)
    missing = [name for name in wanted if name not in found]
    if missing:
        MetricKey.objects.bulk_create(
            # In one order everywhere, so that two sealers don't wait for each other.
            [MetricKey(project_id=project_id, name=name) for name in sorted(missing)],
            ignore_conflicts=True,
            batch_size=_CHUNK,
        )
        found |= find(project_id, missing)
    return found


def names_of(numbers: Iterable[int]) -> dict[int, str]:
    """Return the names of numbers."""
    wanted = set(numbers)
    found = {number: _names[number] for number in wanted if number in _names}
    unknown = sorted(wanted - found.keys())
    for start in range(0, len(unknown), _CHUNK):
        rows = sql.fetch(
            "SELECT id, name, project_id FROM metrics_metrickey WHERE id IN (VALUES {rows})",
            rows=[(number,) for number in unknown[start : start + _CHUNK]],
        )
        for number, name, project_id in rows:
            found[number] = name
            _remember(project_id, {name: number})
    return found


def _remember(project_id: int, found: Mapping[str, int]) -> None:
    """Keep numbers once they are committed: what is rolled back must not be remembered."""
    if not found:
        return

    def keep() -> None:
        if len(_names) > _KEPT:
            _names.clear()
            _numbers.clear()
        for name, number in found.items():
            _numbers[project_id, name] = number
            _names[number] = name

    transaction.on_commit(keep)


def forget() -> None:
    """Forget all numbers: for tests, which undo what was committed."""
    _numbers.clear()
    _names.clear()
