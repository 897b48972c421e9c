"""One plain function a model: what a test doesn't say has a dull default."""

from __future__ import annotations

from typing import Any

from apps.orgs import services as org_services
from apps.orgs.actor import Actor
from apps.orgs.models import Org, User
from apps.projects import services as project_services
from apps.projects.models import Project
from apps.runs import services as run_services
from apps.runs.models import Run

PASSWORD = "correct horse battery"


def make_user(username: str, **overrides: Any) -> User:
    values = {"email": f"{username}@example.org", "password": PASSWORD, **overrides}
    return org_services.create_user(username=username, **values)


def make_project(org: Org, slug: str, author: User, **overrides: Any) -> Project:
    actor = Actor.for_user(author)
    return project_services.create_project(actor=actor, org=org, slug=slug, **overrides)


def make_run(project: Project, author: User, **overrides: Any) -> Run:
    new = run_services.NewRun(**overrides)
    run, _ = run_services.create_run(project=project, actor=Actor.for_user(author), new=new)
    return run
