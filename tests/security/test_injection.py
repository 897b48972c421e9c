"""What people name and log stays text: in files, headers, logs, patterns and queries."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client

from apps.metrics import store
from apps.orgs.models import User
from apps.runs.models import Run
from tests.api.rest import send
from tests.conftest import Cast
from tests.factories import make_project, make_run

AsUser = Callable[[User], Client]

TRAVERSALS = [
    "../wanllmdb/settings.py", "..%2fwanllmdb%2fsettings.py", "%2e%2e/wanllmdb/settings.py",
    "%2e%2e%2fwanllmdb%2fsettings.py", "....//wanllmdb/settings.py", "..\\wanllmdb\\settings.py",
    "..%5cwanllmdb%5csettings.py", "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "css/../../manage.py",
    "css/%2e%2e/%2e%2e/manage.py", "..;/manage.py", "%c0%ae%c0%ae/manage.py", "../secret_key",
    "wanllm-0.1.0-py3-none-any.whl/../../manage.py", "file:///etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_address_leads_out_of_a_folder(cast: Cast, path: str) -> None:
    client = Client()
    client.force_login(cast.ann)
    for folder in ("/static/", "/sdk/", "/", "/acme/mnist/runs/", "/accounts/", "/api/v1/runs/"):
        response = client.get(folder + path)
        assert response.status_code in {302, 400, 403, 404}, folder
        body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        assert b"SECRET_KEY" not in body
        assert b"root:" not in body
        assert b"execute_from_command_line" not in body


@pytest.mark.parametrize(
    "name", ['a";evil="1', "a\r\nSet-Cookie: x=1", "a\nb", "../../x", "a;b", "ä", "=1+1", '"', "\\", "%0d%0a"]
)  # fmt: skip
def test_a_file_has_a_name_that_breaks_no_header(cast: Cast, as_user: AsUser, name: str) -> None:
    """Files are named by the run's ID, which the client chooses."""
    response = send(as_user(cast.mel), "post", "projects/acme/mnist/runs", {"id": name})
    if response.status_code == 201:
        uid = response.json()["uid"]
        for path in ("console?format=text", "history"):
            file = send(as_user(cast.mel), "get", f"runs/{uid}/{path}")
            disposition = file.headers.get("Content-Disposition", "")
            assert "\n" not in disposition
            assert disposition.count('"') in {0, 2}
            assert "x" not in file.cookies
    else:
        assert response.status_code == 422
        assert not Run.objects.exists()


@pytest.mark.parametrize("key", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_no_cell_of_a_table_is_a_formula(cast: Cast, as_user: AsUser, key: str) -> None:
    """A spreadsheet computes what begins with one of these, also in a heading."""
    run = make_run(cast.mnist, cast.mel, name=key)
    rows = {"kind": "rows", "steps": [0, 1], "times": [1.8e9, 1.8e9], "columns": {key: [-1.5, 2.0]}}
    assert store.append(run=run, stream=uuid4(), records=[rows]).refused == []
    client = as_user(cast.mel)
    path = f"runs/{run.uid}/metrics?keys={quote(key)}&format=csv"
    response = send(client, "get", path)
    assert response.status_code == 200
    lines = list(csv.reader(io.StringIO(response.content.decode())))
    assert len(lines) == 3
    for line in lines:
        for cell in line:
            assert not cell.startswith(("=", "@", "+", "-", "\t", "\r")) or _is_number(cell), cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell[0] in "+-"


def test_no_line_of_the_log_is_anybody_s_own(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    """A line end in what somebody sends would let them write lines in the server's name."""
    forged = "x\n2026-01-01 ERROR root: forged"
    with caplog.at_level(logging.DEBUG):
        client = Client()
        client.post("/accounts/login/", {"login": forged, "password": forged})
        send(client, "post", "auth/login", {"username": forged, "password": "x"})
        client.get("/" + quote(forged))
        client.get("/accounts/login/", headers={"Host": "evil\nforged"})
        client.get("/accounts/login/", headers={"User-Agent": forged, "Referer": forged})
        client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {forged}"})
    formatter = logging.Formatter("{message}", style="{")
    for record in caplog.records:
        text = formatter.format(record)
        assert not any(
            line.lstrip().startswith("2026-01-01 ERROR") for line in text.splitlines()
        ), text


WILDCARDS = ["%", "_", "%%", "*", "?", "[a-z]", "\\", "' OR 1=1 --", "a%", "_nist", "$", ".*"]


@pytest.mark.parametrize("word", WILDCARDS)
def test_signs_of_patterns_find_only_themselves(cast: Cast, as_user: AsUser, word: str) -> None:
    project = make_project(cast.acme, "plain", cast.mel)
    make_run(project, cast.mel, name="abcdef")
    client = as_user(cast.mel)
    asked = f'name:"{word}"'.replace("\\", "\\\\")
    response = send(client, "get", f"projects/acme/plain/runs?q={quote(asked)}")
    assert response.status_code in {200, 422}
    if response.status_code == 200 and word not in {"*", "?", "[a-z]", ".*"}:
        assert response.json()["items"] == []
    for path in ("projects", "orgs"):
        for parameter in ("q", "search", "name", "cursor"):
            found = send(as_user(cast.sam), "get", f"{path}?{parameter}={quote(word)}")
            assert b"mnist" not in found.content
            assert found.status_code < 500


def test_names_of_others_do_not_come_out_through_ordering(cast: Cast, as_user: AsUser) -> None:
    """Ordering by what one may not see would tell it letter by letter."""
    make_run(cast.mnist, cast.mel)
    client = as_user(cast.vic)
    for order in (
        "created_by__password",
        "project__org__owner__password",
        "-created_by__api_keys__digest",
    ):
        response = send(client, "get", f"projects/acme/mnist/runs?order={order}")
        assert response.status_code in {200, 422}
        if (
            response.status_code == 200
        ):  # Taken for the name of a column of one's own, which no run has.
            assert b"digest" not in response.content
            assert len(response.json()["items"]) == 1
