from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.errors import AppError, Conflict, Invalid
from apps.orgs import services as org_services
from apps.orgs.actor import Actor
from apps.projects import services
from apps.projects.models import Project
from tests.conftest import Cast
from tests.factories import make_project, make_user


def create(cast: Cast, slug: str, **overrides: Any) -> Project:
    return make_project(cast.acme, slug, cast.mel, **overrides)


@pytest.mark.parametrize(
    "slug",
    [
        "mnist-2",
        "My Project",
        "图像分类",
        "a.b",
        "..a",
        "x" * 128,
        "ünïcode",
        "👩\u200d🔬",
        "a'b\"c",
        "100&1",
    ],
)
def test_names_of_any_script_are_taken(cast: Cast, slug: str) -> None:
    assert create(cast, slug).slug == slug


@pytest.mark.parametrize(
    "slug",
    [
        "",
        " ",
        " a",
        "a ",
        ".",
        "..",
        "a/b",
        "a\\b",
        "a#b",
        "a?b",
        "100%",
        "a:b",
        "x" * 129,
        "a\0b",
        "a\nb",
        "a\x85b",
        "a\u202eb",
        "a\u200bb",
        "\ufeffa",
        "\u00a0a",
        "\ud800",
    ],
)
def test_names_that_make_no_address_are_refused(cast: Cast, slug: str) -> None:
    with pytest.raises(Invalid) as caught:
        create(cast, slug)
    assert list(caught.value.fields) == ["slug"]


def test_a_name_is_one_project_s_and_what_looks_the_same_is_the_same(cast: Cast) -> None:
    create(cast, "caf\u00e9")
    for slug in ("mnist", "cafe\u0301"):
        with pytest.raises(Conflict) as caught:
            create(cast, slug)
        assert caught.value.code == "project_exists"
    assert make_project(org_of(cast), "mnist", cast.sam).slug == "mnist"


def org_of(cast: Cast) -> Any:
    return org_services.find_personal_org(cast.sam)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_one_is_made() -> None:
    author = make_user("ann")
    org = org_services.create_org(slug="acme", admin=author)
    start = Barrier(5)

    def race(number: int) -> str:
        try:
            start.wait(10)
            make_project(org, "mnist", author)
        except AppError as error:
            return error.code
        finally:
            connection.close()
        return "made"

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(race, range(5))) == ["made"] + ["project_exists"] * 4


def test_what_is_not_said_stays(cast: Cast) -> None:
    project = create(cast, "p", description="d", tags=["a"], visibility="public")
    services.update_project(project=project, name=" N ")
    stored = Project.objects.get(pk=project.pk)
    assert (stored.name, stored.description, stored.tags) == ("N", "d", ["a"])
    assert stored.is_public
    assert stored.updated_at > stored.created_at


def test_a_new_name_frees_the_old_one(cast: Cast) -> None:
    services.update_project(project=cast.mnist, slug="digits")
    assert create(cast, "mnist").pk != cast.mnist.pk
    with pytest.raises(Conflict):
        services.update_project(project=cast.mnist, slug="mnist")


@pytest.mark.parametrize(
    "change",
    [{"slug": ""}, {"slug": "a/b"}, {"name": "a\nb"}, {"name": "x" * 201}, {"visibility": "open"}],
)
def test_changes_are_checked(cast: Cast, change: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        services.update_project(project=cast.mnist, **change)
    assert caught.value.fields.keys() == change.keys()
    assert Project.objects.get(pk=cast.mnist.pk).slug == "mnist"


def test_org_author_and_trash_are_no_facts_to_change(cast: Cast) -> None:
    for field in ("org", "org_id", "created_by", "deleted_at", "last_run_number"):
        with pytest.raises(ValueError, match=field):
            services.update_project(project=cast.mnist, **{field: 1})


def test_the_database_knows_the_visibilities(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=cast.mnist.pk).update(visibility="open")


def test_the_trash_keeps_a_project_out_of_the_way(cast: Cast) -> None:
    services.delete_project(project=cast.mnist)
    ann = Actor.for_user(cast.ann)
    assert not Project.objects.visible_to(ann).filter(pk=cast.mnist.pk).exists()
    assert not Project.objects.in_org(cast.acme).exists()
    first = Project.objects.get(pk=cast.mnist.pk).deleted_at
    services.delete_project(project=cast.mnist)
    assert Project.objects.get(pk=cast.mnist.pk).deleted_at == first
    create(cast, "mnist")
    with pytest.raises(Conflict):
        services.restore_project(project=cast.mnist)


def test_what_is_restored_is_there_again(cast: Cast) -> None:
    services.delete_project(project=cast.mnist)
    services.restore_project(project=cast.mnist)
    assert Project.objects.in_org(cast.acme).get() == cast.mnist


def test_tags_are_cleaned(cast: Cast) -> None:
    tags = [" vision ", "", "a", "vision", "e\u0301", "é"]
    assert create(cast, "p", tags=tags).tags == ["vision", "a", "é"]


@pytest.mark.parametrize("tags", [["x" * 101], ["a\0b"], ["\ud800"], [str(n) for n in range(51)]])
def test_tags_are_few_and_short(cast: Cast, tags: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        create(cast, "p", tags=tags)
    assert list(caught.value.fields) == ["tags"]
