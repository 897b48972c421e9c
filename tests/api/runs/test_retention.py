"""Retention rules through REST and pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from apps.core import clock
from apps.orgs.models import User
from apps.runs.models import RetentionRule, Run
from tests.conftest import Cast
from tests.factories import make_run, make_user

JSON = "application/json"
ADDRESS = "/api/v1/projects/acme/mnist/retention"
FORM = {
    "mode": "on",
    "older_than_days": "30",
    "keep_last": "",
    "keep_tags": "a，b",
    "states": "finished",
}


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def old_run(cast: Cast) -> Run:
    run = make_run(cast.mnist, cast.ann)
    at = clock.now() - timedelta(days=50)
    Run.objects.filter(pk=run.pk).update(state="finished", ended_at=at)
    return run


def test_rest_sets_tries_and_removes_a_rule(cast: Cast, as_user: Callable[[User], Client]) -> None:
    run = old_run(cast)
    ann = as_user(cast.ann)
    assert ann.get(ADDRESS).json() == {"rule": None, "of": None}
    assert ann.post(f"{ADDRESS}/dry-run", {}, content_type=JSON).json()["count"] == 0
    trial = ann.post(f"{ADDRESS}/dry-run", {"older_than_days": 40}, content_type=JSON).json()
    assert (trial["count"], trial["runs"][0]["uid"]) == (1, run.uid)
    assert trial["size_bytes"] == trial["runs"][0]["size_bytes"] > 0
    assert not RetentionRule.objects.exists()
    set_ = ann.put(ADDRESS, {"older_than_days": 40, "states": ["failed"]}, content_type=JSON).json()
    assert (set_["of"], set_["rule"]["states"]) == ("acme/mnist", ["failed"])
    assert ann.put(ADDRESS, {"keep_last": 3}, content_type=JSON).status_code == 422
    assert (
        ann.put(
            ADDRESS, {"older_than_days": 1, "states": ["running"]}, content_type=JSON
        ).status_code
        == 422
    )
    assert ann.delete(ADDRESS).status_code == 204
    ann.put("/api/v1/orgs/acme/retention", {"older_than_days": 7}, content_type=JSON)
    assert ann.get(ADDRESS).json()["of"] == "acme"
    assert Run.objects.get(pk=run.pk).deleted_at is None


def test_the_page_shows_what_would_go_without_saving(cast: Cast) -> None:
    run = old_run(cast)
    ann = page(cast.ann)
    shown = ann.post("/acme/mnist/retention", {**FORM, "try": "1"})
    assert shown.context["trial"].count == 1
    assert run.name in shown.content.decode()
    assert not RetentionRule.objects.exists()
    assert ann.post("/acme/mnist/retention", FORM).status_code == 302
    rule = RetentionRule.objects.get()
    assert (rule.older_than_days, rule.keep_tags, rule.states) == (30, ["a", "b"], ["finished"])
    assert 'value="30"' in ann.get("/acme/mnist/retention").content.decode()
    assert ann.post("/acme/mnist/retention", {**FORM, "mode": "inherit"}).status_code == 302
    assert not RetentionRule.objects.exists()
    assert ann.post("/acme/mnist/retention", {**FORM, "older_than_days": "x"}).status_code == 422
    refused = ann.post("/acme/mnist/retention", {**FORM, "keep_tags": "x" * 200})
    assert (refused.status_code, RetentionRule.objects.count()) == (422, 0)


def test_the_page_of_an_org_sets_the_rule_for_its_projects(cast: Cast) -> None:
    ann = page(cast.ann)
    assert ann.post("/orgs/acme/retention", FORM).status_code == 302
    assert RetentionRule.objects.get().org == cast.acme
    assert "more than 30 days" in ann.get("/acme/mnist/retention").content.decode()
    tried = ann.post("/acme/mnist/retention", {**FORM, "mode": "inherit", "try": "1"})
    assert tried.context["trial"].count == 0


def test_members_see_the_rule_and_set_none(cast: Cast) -> None:
    assert page(cast.mel).get("/acme/mnist/retention").context["may_set"] is False


def test_the_admin_lists_rules(cast: Cast) -> None:
    RetentionRule.objects.create(project=cast.mnist, older_than_days=3)
    boss = page(make_user("boss", is_admin=True))
    assert "acme/mnist" in boss.get("/admin/runs/retentionrule/").content.decode()
