"""Usage and limits through REST, pages and the stream."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.orgs import services as org_services
from apps.orgs.models import OrgQuota, User
from apps.projects import quotas, usage
from apps.projects.models import ProjectQuota, ProjectUsage
from tests.conftest import Cast
from tests.factories import make_project, make_run, make_user

JSON = "application/json"
AsUser = Callable[[User], Client]


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def use(cast: Cast, **amounts: int) -> None:
    usage.measure_all()
    ProjectUsage.objects.filter(project=cast.mnist).update(**amounts)
    usage.measure_orgs()


def test_rest_says_what_an_org_and_a_project_hold(cast: Cast, as_user: AsUser) -> None:
    vic = as_user(cast.vic)
    answer = vic.get("/api/v1/orgs/acme/usage").json()
    assert (answer["measured_at"], answer["runs"], answer["limits"]) == (None, 0, [])
    make_run(cast.mnist, cast.ann)
    org_services.set_org_quota(org=cast.acme, runs=10)
    use(cast, metric_bytes=5_000, points=7)
    answer = vic.get("/api/v1/projects/acme/mnist/usage").json()
    assert (answer["points"], answer["runs"], answer["metric_bytes"]) == (7, 1, 5_000)
    assert answer["limits"] == [
        {
            "what": "runs",
            "of": "acme",
            "used": 1,
            "limit": 10,
            "is_near": False,
            "is_reached": False,
        }
    ]
    answer = vic.get("/api/v1/orgs/acme/usage").json()
    assert (answer["seats"], answer["points"]) == (3, 7)
    assert answer["measured_at"] is not None


def test_administrators_set_the_limits_of_an_org(cast: Cast, as_user: AsUser) -> None:
    root = as_user(make_user("boss", is_admin=True))
    address = "/api/v1/orgs/acme/quota"
    answer = root.patch(address, {"seats": 4, "storage_bytes": None}, content_type=JSON)
    assert answer.json()["limits"][0]["what"] == "seats"
    assert OrgQuota.objects.get(org=cast.acme).seats == 4
    assert root.patch(address, {"seats": -1}, content_type=JSON).status_code == 422
    assert root.patch(address, {"seat": 1}, content_type=JSON).status_code == 422


def test_a_run_beyond_the_limit_gets_one_clear_error(cast: Cast, as_user: AsUser) -> None:
    quotas.set_project_quota(project=cast.mnist, runs=1, points=100)
    use(cast, points=90)
    mel = as_user(cast.mel)
    address = "/api/v1/projects/acme/mnist/runs"
    first = mel.post(address, {}, content_type=JSON)
    assert (first.status_code, first.headers["X-Quota-Warning"]) == (
        201,
        "points 90/100 acme/mnist",
    )
    answer = mel.post(address, {}, content_type=JSON)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "quota_exceeded"
    assert answer.json()["quota"] == {"what": "runs", "used": 1, "limit": 1, "of": "acme/mnist"}


def test_pages_warn_near_a_limit_and_say_when_it_is_reached(cast: Cast) -> None:
    quotas.set_project_quota(project=cast.mnist, points=100)
    mel = page(cast.mel)
    use(cast, points=50)
    assert b'class="banner' not in mel.get("/acme/mnist").content
    use(cast, points=90)
    assert "90 of 100 points" in mel.get("/acme/mnist").content.decode()
    use(cast, points=100)
    assert "Nothing new is stored here" in mel.get("/acme/mnist").content.decode()


def test_an_admin_limits_a_project_within_the_orgs_limit(cast: Cast) -> None:
    org_services.set_org_quota(org=cast.acme, storage_bytes=2 * 10**9)
    ann = page(cast.ann)
    form = {"storage_gb": "1.5", "runs": "10", "points": ""}
    assert ann.post("/acme/mnist/usage", form).status_code == 302
    quota = ProjectQuota.objects.get(project=cast.mnist)
    assert (quota.storage_bytes, quota.runs, quota.points) == (1_500_000_000, 10, None)
    assert 'value="1.5"' in ann.get("/acme/mnist/usage").content.decode()
    refused = ann.post("/acme/mnist/usage", {**form, "storage_gb": "2.5"})
    assert refused.status_code == 422
    assert "storage_gb" in refused.context["form"].errors
    assert ann.post("/acme/mnist/usage", {**form, "runs": "many"}).status_code == 422


def test_members_see_the_usage_of_a_project_and_no_form(cast: Cast) -> None:
    assert page(cast.mel).get("/acme/mnist/usage").context["form"] is None
    assert page(cast.mel).post("/acme/mnist/usage", {"runs": "1"}).status_code == 403


def test_the_page_of_an_org_lists_only_projects_that_one_sees(cast: Cast) -> None:
    make_project(cast.acme, "secret", cast.ann)
    usage.measure_all()
    shown = page(cast.vic).get("/orgs/acme/usage")
    assert {row.project.slug for row in shown.context["projects"]} == {"mnist", "secret"}
    assert shown.context["form"] is None


def test_an_administrator_sets_limits_on_the_orgs_page(cast: Cast) -> None:
    root = page(make_user("boss", is_admin=True))
    form = {"storage_gb": "0.5", "runs": "", "points": "", "seats": "7"}
    assert root.post("/orgs/acme/usage", form).status_code == 302
    quota = OrgQuota.objects.get(org=cast.acme)
    assert (quota.storage_bytes, quota.seats) == (500_000_000, 7)
    assert root.post("/orgs/acme/usage", {**form, "seats": "x"}).status_code == 422
    usage.measure_all()
    assert "500 MB" in root.get("/system/usage").content.decode()


def test_administrators_list_all_orgs_a_page_at_a_time(cast: Cast, as_user: AsUser) -> None:
    usage.measure_all()
    root = as_user(make_user("boss", is_admin=True))
    listed: list[str] = []
    cursor = ""
    while True:
        answer = root.get(f"/api/v1/system/usage?limit=2&cursor={cursor}").json()
        listed += [row["org"] for row in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert sorted(listed) == ["acme", "ann", "mel", "sam", "vic"]
    assert root.get("/api/v1/system/usage", {"cursor": "x"}).status_code == 400


@pytest.mark.parametrize(
    "address",
    ["orgs/orgquota", "projects/projectquota", "projects/orgusage", "projects/projectusage"],
)
def test_the_admin_shows_limits_and_usage(cast: Cast, address: str) -> None:
    org_services.set_org_quota(org=cast.acme, seats=5)
    quotas.set_project_quota(project=cast.mnist, runs=5)
    usage.measure_all()
    root = page(make_user("boss", is_admin=True))
    assert "acme" in root.get(f"/admin/{address}/").content.decode()


def test_the_admin_sets_limits_through_the_services(cast: Cast) -> None:
    root = page(make_user("boss", is_admin=True))
    sent = root.post("/admin/orgs/orgquota/add/", {"org": cast.acme.pk, "seats": 3})
    assert sent.status_code == 302
    assert OrgQuota.objects.get(org=cast.acme).seats == 3
