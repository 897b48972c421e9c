"""What the rule of access costs: 100,000 runs in 1,000 projects of 500 orgs, of which somebody sees 10,000.

    python benchmarks/access.py [--postgres URL]

The orgs lie within one another, five levels deep. `some` sees a tenth of the runs, through a role in four orgs and
those below them, roles on projects and shares, given to them and to their teams. `many` was given 1,000 grants of each
kind. `all` administers the installation, so the rule asks nothing of the database for them: what they wait for is the
list itself. Medians and worst of some repeats, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.databases import own_database
from benchmarks.search import DOCUMENT, RUN, START, moment, run_row, show, timed_ms, write

ROOT = Path(__file__).resolve().parent.parent
CHAINS, LEVELS, PROJECTS_IN_ORG, RUNS_IN_PROJECT = 100, 5, 2, 100
GRANTS = 1_000
TEAMS = 10


# --- Loading -----------------------------------------------------------------------------------
def load() -> dict[str, Any]:
    """Fill the database; return the actors by name."""
    from django.db import transaction

    from apps.orgs.actor import Actor
    from apps.orgs.models import User

    users = {name: User.objects.create(username=name) for name in ("some", "many", "none")}
    root = User.objects.create(username="all", is_superuser=True)
    with transaction.atomic():
        orgs = _orgs()
        projects = _projects(orgs)
        _runs(projects, root.pk)
        teams = {
            name: [_team(orgs[number], f"{name}-{number}", user) for number in range(TEAMS)]
            for name, user in users.items()
        }
        _give_some(users["some"], teams["some"], orgs, projects)
        _give_many(users["many"], teams["many"], projects)
    _analyse()
    return {name: Actor.for_user(user) for name, user in {**users, "all": root}.items()}


def _orgs() -> list[Any]:
    from apps.orgs.models import Org

    orgs: list[Any] = []
    for chain in range(CHAINS):
        parent = None
        for level in range(LEVELS):
            parent = Org.objects.create(slug=f"o{chain}-{level}", name="n", parent=parent)
            orgs.append(parent)
    return orgs


def _projects(orgs: list[Any]) -> list[int]:
    from apps.projects.models import Project

    made = Project.objects.bulk_create(
        Project(org=org, slug=f"p{number}") for org in orgs for number in range(PROJECTS_IN_ORG)
    )
    return [project.pk for project in made]


def _runs(projects: list[int], user_id: int) -> None:
    numbers = range(1, RUNS_IN_PROJECT + 1)
    rows = [
        (project_id, number, (index * RUNS_IN_PROJECT) + number)
        for index, project_id in enumerate(projects)
        for number in numbers
    ]
    write("runs_run", RUN, (run_row(project, user_id, pk, number) for project, number, pk in rows))
    empty = ("{}", 0, *["{}"] * 6, "[]", False, moment(START))
    write("runs_rundocument", DOCUMENT, ((pk, *empty) for _project, _number, pk in rows))


def _team(org: Any, slug: str, user: Any) -> Any:
    from apps.orgs.models import Team

    team = Team.objects.create(name=f"{org.slug}/{slug}", org=org, slug=slug, title=slug)
    team.user_set.add(user)
    return team


def _give_some(user: Any, teams: list[Any], orgs: list[Any], projects: list[int]) -> None:
    """40 projects by a role in the outermost of four chains of orgs, 60 by grants on projects: 10,000 runs."""
    from apps.orgs.models import Membership

    for chain in range(4):
        Membership.objects.create(org=orgs[chain * LEVELS], user=user, role_id="viewer")
    others = projects[4 * LEVELS * PROJECTS_IN_ORG :]
    _roles(others[:15], user=user)
    _roles(others[15:30], teams=teams)
    _shares("projects_project", others[30:45], user=user)
    _shares("projects_project", others[45:60], teams=teams)


def _give_many(user: Any, teams: list[Any], projects: list[int]) -> None:
    """1,000 grants of each kind, of which each alone would let them see all projects, and 2,000 of single runs."""
    _roles(projects[:GRANTS], user=user)
    _roles(projects[:GRANTS], teams=teams)
    _shares("projects_project", projects[:GRANTS], user=user)
    _shares("projects_project", projects[:GRANTS], teams=teams)
    runs = range(1, GRANTS * RUNS_IN_PROJECT, RUNS_IN_PROJECT)
    _shares("runs_run", runs, user=user)
    _shares("runs_run", runs, teams=teams)


def _roles(project_ids: Iterable[int], user: Any = None, teams: list[Any] | None = None) -> None:
    from apps.projects.models import ProjectGrant

    ProjectGrant.objects.bulk_create(
        ProjectGrant(
            project_id=project_id,
            user=user,
            team=teams[number % TEAMS] if teams else None,
            role_id="viewer",
        )
        for number, project_id in enumerate(project_ids)
    )


def _shares(
    table: str, ids: Iterable[int], user: Any = None, teams: list[Any] | None = None
) -> None:
    from django.contrib.auth.models import Permission

    from apps.projects.models import ProjectGroupObjectPermission, ProjectUserObjectPermission
    from apps.runs.models import RunGroupObjectPermission, RunUserObjectPermission

    is_run = table == "runs_run"
    to_user: Any = RunUserObjectPermission if is_run else ProjectUserObjectPermission
    to_group: Any = RunGroupObjectPermission if is_run else ProjectGroupObjectPermission
    model = "run" if is_run else "project"
    held = ["run_view"] if is_run else ["project_view", "run_view"]
    for perm in Permission.objects.filter(content_type__model=model, codename__in=held):
        if user is not None:
            rows = [to_user(user=user, permission=perm, content_object_id=pk) for pk in ids]
            to_user.objects.bulk_create(rows)
        if teams:
            rows = [
                to_group(group=teams[at % TEAMS], permission=perm, content_object_id=pk)
                for at, pk in enumerate(ids)
            ]
            to_group.objects.bulk_create(rows)


def _analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# --- Measuring ---------------------------------------------------------------------------------
def questions(actor: Any) -> dict[str, Callable[[], Any]]:
    """Return what pages ask on behalf of an actor, each in one query."""
    from apps.projects.models import Project
    from apps.runs import home
    from apps.runs.models import Run

    runs = Run.objects.visible_to(actor)
    one = Run.objects.order_by("pk")[500].uid
    return {
        "ids of all visible runs": lambda: list(runs.order_by().values_list("pk", flat=True)),
        "number of visible runs": lambda: runs.count(),
        "newest 50 runs": lambda: list(runs.order_by("-pk")[:50]),
        "all visible projects": lambda: list(Project.objects.visible_to(actor)),
        "first 20 projects of home": lambda: list(home.projects_with_counts(actor)[:20]),
        "one run, checked": lambda: runs.filter(uid=one).first(),
    }


def measure(actors: dict[str, Any]) -> None:
    """Ask everything for everybody, each in one query."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for name in ("all", "some", "many", "none"):
        print(f" {name}")
        for question, ask in questions(actors[name]).items():
            with CaptureQueriesContext(connection) as queries:
                found = ask()
            if len(queries) != 1:
                raise AssertionError(f"{question}: {len(queries)} queries")
            note = f"  {len(found):,} found" if isinstance(found, list) else ""
            show(question, timed_ms(ask), note)


def child() -> None:
    """Load and measure the database that the environment names."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "wanllmdb.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    actors = load()
    count = CHAINS * LEVELS * PROJECTS_IN_ORG * RUNS_IN_PROJECT
    print(f"{connection.vendor}: {count:,} runs, loaded in {time.perf_counter() - started:.0f} s")
    measure(actors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", default=os.environ.get("TEST_POSTGRES_URL"))
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child()
        return
    for url in (None, options.postgres):
        with tempfile.TemporaryDirectory() as folder, own_database(url) as own_url:
            variables = {"WANLLMDB_DATA_DIR": folder, "WANLLMDB_DATABASE_URL": own_url}
            subprocess.run(
                [sys.executable, __file__, "--child"], env={**os.environ, **variables}, check=True
            )
        if not options.postgres:
            print("postgresql: left out, TEST_POSTGRES_URL names no server")
            return


if __name__ == "__main__":
    main()
