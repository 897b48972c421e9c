"""A run's four pages."""

import json
import re

import pytest
from django.test import Client

from apps.runs import services
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_run


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(
        cast.mnist,
        cast.ann,
        short_id="r1",
        name="muon <b>s0</b>",
        group="muon",
        tags=["paper"],
        notes="First line\nsecond line",
        config={"optim": {"lr": 0.003, "betas": [0.9, 0.95]}, "width": 2048, "bad": float("nan")},
        git={"commit": "9f3c2ab41d7e99", "branch": "study", "dirty": True, "diff": "+x < y"},
        environment={
            "host": "gpu-a04",
            "command": "python train.py",
            "gpus": ["H100", "H100"],
            "memory_bytes": 73443994829,
            "packages": {"torch": "2.9.1"},
        },
    )


@pytest.fixture
def visitor(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.ann)
    return client


def test_overview_shows_what_the_run_says_of_itself(visitor: Client, run: Run) -> None:
    html = visitor.get("/acme/mnist/runs/r1").content.decode()
    for text in (
        "muon &lt;b&gt;s0&lt;/b&gt;",
        "Running",
        "paper",
        "0.003",
        "[0.9, 0.95]",
        "2,048",
        "NaN",
        "9f3c2ab41d",
        "with changes",
        "+x &lt; y",
        "gpu-a04",
        "2 × H100",
        "68.4 GiB",
        "python train.py",
        "torch",
    ):
        assert text in html, text
    assert "<b>s0</b>" not in html


def test_run_is_handed_to_the_elements_as_strict_json(visitor: Client, run: Run) -> None:
    html = visitor.get("/acme/mnist/runs/r1/charts").content.decode()
    found = re.search(r'<script id="run-data" type="application/json">(.*?)</script>', html)
    assert found
    data = json.loads(found[1], parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert data["uid"] == run.uid
    assert data["config"]["bad"] == "NaN"


@pytest.mark.parametrize(
    ("tab", "element"),
    [
        ("/charts", "<panel-grid"),
        ("/system", 'kind="system"'),
        ("/logs", "<log-view"),
    ],
)
def test_tab_has_its_element_and_is_the_current_one(
    visitor: Client, run: Run, tab: str, element: str
) -> None:
    html = visitor.get(f"/acme/mnist/runs/r1{tab}").content.decode()
    assert element in html
    current = re.findall(r'href="([^"]+)"\s+aria-current="page">\s*[A-Z]', html)
    assert f"/acme/mnist/runs/r1{tab}" in current


def test_exit_code_and_end_are_shown_when_it_ended(visitor: Client, run: Run) -> None:
    services.finish_run(run=run, exit_code=3)
    html = visitor.get("/acme/mnist/runs/r1").content.decode()
    assert "Exit code" in html
    assert "Failed" in html


def test_run_of_a_strange_project_is_not_found(run: Run, cast: Cast) -> None:
    client = Client()
    client.force_login(cast.sam)
    assert client.get("/acme/mnist/runs/r1").status_code == 404
    assert client.get("/acme/mnist/runs/r1/logs").status_code == 404


def test_run_in_the_trash_says_so(visitor: Client, run: Run) -> None:
    services.delete_run(run=run)
    answer = visitor.get("/acme/mnist/runs/r1")
    assert answer.status_code == 410
    assert "deleted" in answer.content.decode()


def test_name_tags_and_notes_are_edited(visitor: Client, run: Run) -> None:
    form = {"name": "better", "tags": "a, b，c", "notes": "why"}
    answer = visitor.post("/acme/mnist/runs/r1/edit", form)
    assert answer.headers["Location"] == "/acme/mnist/runs/r1"
    changed = Run.objects.get(pk=run.pk)
    assert (changed.name, changed.notes, changed.tag_names) == ("better", "why", ["a", "b", "c"])


def test_refused_edit_shows_why_and_keeps_the_name_above(visitor: Client, run: Run) -> None:
    answer = visitor.post("/acme/mnist/runs/r1/edit", {"name": "n", "tags": "x" * 101, "notes": ""})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "A tag has at most" in html
    assert "<h1>muon &lt;b&gt;s0&lt;/b&gt;</h1>" in html


def test_deleted_run_can_be_taken_back(visitor: Client, run: Run) -> None:
    visitor.post("/acme/mnist/runs/r1/delete")
    html = visitor.get("/acme/mnist").content.decode()
    assert "is in the trash" in html
    assert 'action="/acme/mnist/runs/r1/restore"' in html
    assert visitor.get("/acme/mnist/runs/r1").status_code == 410
    answer = visitor.post("/acme/mnist/runs/r1/restore")
    assert answer.headers["Location"] == "/acme/mnist/runs/r1"
    assert visitor.get("/acme/mnist/runs/r1").status_code == 200


def test_viewer_is_not_offered_to_edit(cast: Cast, run: Run) -> None:
    client = Client()
    client.force_login(cast.vic)
    assert "/r1/edit" not in client.get("/acme/mnist/runs/r1").content.decode()
