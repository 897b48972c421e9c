"""One's own download, and the administrators' page that erases."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from apps.orgs import services as org_services
from apps.orgs.models import User
from tests.conftest import Cast
from tests.factories import make_project, make_user

FORM = {"projects": "transfer", "heir": "acme", "scrub": "yes", "confirm": "mel"}


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss(db: None) -> Client:
    return page(make_user("boss", is_admin=True))


def test_people_download_their_own_data(cast: Cast) -> None:
    mel = page(cast.mel)
    assert mel.get("/settings/data").status_code == 200
    assert mel.get("/settings/data/download").status_code == 405
    answer: Any = mel.post("/settings/data/download")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mel.zip"'
    with zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:
        assert json.loads(archive.read("profile.json"))[0]["username"] == "mel"


def test_an_administrator_sees_what_goes_and_erases_by_typing_the_name(
    cast: Cast, boss: Client
) -> None:
    own = org_services.find_personal_org(cast.mel)
    assert own is not None
    project = make_project(own, "own", cast.mel)
    address = "/system/people/mel/erase"
    shown = boss.get(address).content.decode()
    assert "mel/own" in shown
    for wrong in ({"confirm": "ann"}, {"heir": "nowhere"}, {"heir": "mel"}, {"projects": "x"}):
        assert boss.post(address, {**FORM, **wrong}).status_code == 422
    assert User.objects.filter(username="mel").exists()
    assert boss.post(address, FORM).status_code == 302
    project.refresh_from_db()
    assert str(project) == "acme/own"
    assert boss.get(address).status_code == 404


def test_who_is_needed_has_no_form(cast: Cast, boss: Client) -> None:
    shown = boss.get("/system/people/ann/erase").content.decode()
    assert "acme would be left" in shown
    assert "Erase for good" not in shown
    assert boss.post("/system/people/ann/erase", {**FORM, "confirm": "ann"}).status_code == 422
    assert User.objects.filter(username="ann").exists()


def test_the_admin_leads_to_the_page(cast: Cast, boss: Client) -> None:
    action = {"action": "erase", "_selected_action": [cast.mel.pk]}
    answer = boss.post("/admin/orgs/user/", action)
    assert answer.headers["Location"] == "/system/people/mel/erase"
    several = {"action": "erase", "_selected_action": [cast.mel.pk, cast.vic.pk]}
    assert boss.post("/admin/orgs/user/", several).headers["Location"].startswith("/admin")
