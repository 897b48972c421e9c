"""The cast that every test shares: who they are and what they may do in `acme/mnist`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from apps.orgs import services as org_services
from apps.orgs.models import Membership, Org, User
from apps.orgs.permissions import Role
from apps.projects.models import Project
from tests.factories import make_project, make_user


@dataclass
class Cast:
    """ann is admin, mel member, vic viewer of `acme`; sam is a stranger; `mnist` is its private project."""

    ann: User
    mel: User
    vic: User
    sam: User
    acme: Org
    mnist: Project


@pytest.fixture
def cast(db: None) -> Cast:
    ann, mel, vic, sam = (make_user(name) for name in ("ann", "mel", "vic", "sam"))
    acme = org_services.create_org(slug="acme", admin=ann)
    Membership.objects.create(org=acme, user=mel, role=Role.MEMBER)
    Membership.objects.create(org=acme, user=vic, role=Role.VIEWER)
    return Cast(ann, mel, vic, sam, acme, make_project(acme, "mnist", ann))


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """Return a client that speaks with a fresh API key of a user."""

    def sign_in(user: User) -> Client:
        _, secret = org_services.create_api_key(user=user, name="test")
        return Client(headers={"Authorization": f"Bearer {secret}"})

    return sign_in
