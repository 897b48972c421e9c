"""Limits: whom they hold for, when they warn, and that nothing is stored beyond them."""

from __future__ import annotations

import pytest

from apps.core.errors import Invalid, QuotaExceeded
from apps.orgs import services as org_services
from apps.orgs.models import Membership, Org
from apps.orgs.permissions import BuiltinRole
from apps.projects import quotas, usage
from apps.projects.models import OrgUsage, Project, ProjectUsage
from apps.runs import services as run_services
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import make_project, make_run, make_user


def use(project: Project, **amounts: int) -> None:
    """Pretend that so much was measured of a project."""
    usage.measure_all()
    ProjectUsage.objects.filter(project=project).update(**amounts)
    usage.measure_orgs()


def refuse_more(project: Project) -> None:
    quotas.check_room(quotas.limits_on(project), {quotas.STORAGE, quotas.POINTS})


def test_without_limits_nothing_is_refused_or_warned_of(cast: Cast) -> None:
    use(cast.mnist, points=10**15, metric_bytes=10**15)
    assert quotas.limits_on(cast.mnist) == []
    assert quotas.nearest(quotas.limits_on(cast.mnist)) is None
    refuse_more(cast.mnist)


def test_it_warns_from_four_fifths_on_and_refuses_at_the_limit(cast: Cast) -> None:
    quotas.set_project_quota(project=cast.mnist, points=100)
    for points, is_near, is_reached in ((79, False, False), (80, True, False), (100, True, True)):
        use(cast.mnist, points=points)
        (limit,) = quotas.limits_on(cast.mnist)
        assert (limit.is_near, limit.is_reached) == (is_near, is_reached)
    with pytest.raises(QuotaExceeded) as refused:
        refuse_more(cast.mnist)
    assert refused.value.quota == {"what": "points", "used": 100, "limit": 100, "of": "acme/mnist"}
    assert "100 of 100 points" in refused.value.message


def test_a_limit_of_an_org_holds_for_all_below_it_together(cast: Cast) -> None:
    child = Org.objects.create(slug="vision", name="Vision", parent=cast.acme)
    cars = make_project(child, "cars", cast.ann)
    org_services.set_org_quota(org=cast.acme, storage_bytes=1_000)
    use(cars, metric_bytes=1_000)
    with pytest.raises(QuotaExceeded, match="acme uses"):
        refuse_more(cast.mnist)
    elsewhere = make_project(org_services.create_org(slug="other", admin=cast.sam), "p", cast.sam)
    refuse_more(elsewhere)


def test_the_run_that_is_one_too_many_is_refused_at_once(cast: Cast) -> None:
    org_services.set_org_quota(org=cast.acme, runs=2)
    make_run(cast.mnist, cast.ann)
    kept = make_run(make_project(cast.acme, "p", cast.ann), cast.ann, short_id="kept")
    with pytest.raises(QuotaExceeded, match="2 of 2 runs"):
        make_run(cast.mnist, cast.ann)
    assert Run.objects.count() == 2
    # What is there goes on: resuming makes no run.
    assert make_run(kept.project, cast.ann, short_id="kept", resume="must").pk == kept.pk
    Run.objects.filter(pk=kept.pk).delete()
    assert make_run(cast.mnist, cast.ann).number == 2


def test_a_repeated_request_finds_its_run_though_the_limit_is_reached(cast: Cast) -> None:
    quotas.set_project_quota(project=cast.mnist, runs=1)
    run = make_run(cast.mnist, cast.ann, creation_key="k")
    assert make_run(cast.mnist, cast.ann, creation_key="k").pk == run.pk


def test_no_run_begins_where_there_is_no_room_for_its_points(cast: Cast) -> None:
    quotas.set_project_quota(project=cast.mnist, storage_bytes=10)
    use(cast.mnist, metric_bytes=10)
    with pytest.raises(QuotaExceeded):
        make_run(cast.mnist, cast.ann)


def test_a_seat_is_refused_when_all_are_taken(cast: Cast) -> None:
    org_services.set_org_quota(org=cast.acme, seats=3)
    with pytest.raises(QuotaExceeded, match="3 seats"):
        org_services.set_role(org=cast.acme, user=cast.sam, role=BuiltinRole.MEMBER)
    assert not Membership.objects.filter(org=cast.acme, user=cast.sam).exists()
    # Those who have one may change their role, or be a member below.
    org_services.set_role(org=cast.acme, user=cast.vic, role=BuiltinRole.MEMBER)
    child = Org.objects.create(slug="vision", name="Vision", parent=cast.acme)
    org_services.set_role(org=child, user=cast.mel, role=BuiltinRole.ADMIN)
    with pytest.raises(QuotaExceeded):
        org_services.set_role(org=child, user=cast.sam, role=BuiltinRole.MEMBER)
    org_services.remove_member(org=cast.acme, user=cast.vic)
    org_services.set_role(org=child, user=cast.sam, role=BuiltinRole.MEMBER)


def test_a_service_account_needs_no_seat(cast: Cast) -> None:
    org_services.set_org_quota(org=cast.acme, seats=3)
    robot = make_user("robot")
    robot.service_org = cast.acme
    org_services.set_role(org=cast.acme, user=robot, role=BuiltinRole.MEMBER)


def test_a_project_can_have_no_more_than_its_org(cast: Cast) -> None:
    org_services.set_org_quota(org=cast.acme, runs=10)
    with pytest.raises(Invalid) as refused:
        quotas.set_project_quota(project=cast.mnist, runs=11)
    assert list(refused.value.fields) == ["runs"]
    assert quotas.set_project_quota(project=cast.mnist, runs=10).runs == 10


@pytest.mark.parametrize("amount", [-1, 2**63])
def test_a_limit_is_a_number_that_can_be_stored(cast: Cast, amount: int) -> None:
    with pytest.raises(Invalid):
        org_services.set_org_quota(org=cast.acme, seats=amount)
    with pytest.raises(Invalid):
        quotas.set_project_quota(project=cast.mnist, points=amount)


def test_what_is_not_named_stays_and_none_takes_a_limit_away(cast: Cast) -> None:
    org_services.set_org_quota(org=cast.acme, seats=3, runs=5)
    quota = org_services.set_org_quota(org=cast.acme, seats=None)
    assert (quota.seats, quota.runs) == (None, 5)


def test_deleting_makes_room_only_when_it_is_purged(cast: Cast) -> None:
    quotas.set_project_quota(project=cast.mnist, runs=1)
    run_services.delete_run(run=make_run(cast.mnist, cast.ann))
    with pytest.raises(QuotaExceeded):
        make_run(cast.mnist, cast.ann)


def test_a_header_says_it_in_ascii(cast: Cast) -> None:
    project = make_project(cast.acme, "图像", cast.ann)
    quotas.set_project_quota(project=project, points=10)
    use(project, points=9)
    near = quotas.nearest(quotas.limits_on(project))
    assert near is not None
    assert near.header == "points 9/10 acme/%E5%9B%BE%E5%83%8F"
    assert OrgUsage.objects.get(org=cast.acme).points == 9
