from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from pytest_django import Settings

from apps.core.errors import AppError, Conflict, Invalid
from apps.orgs import services
from apps.orgs.models import Org, User
from tests.factories import PASSWORD, make_user

RACERS = 6


@pytest.mark.django_db
def test_the_first_administrator_may_do_everything() -> None:
    root = services.create_first_administrator(username="ann", email="", password=PASSWORD)
    assert (root.is_superuser, root.is_staff) == (True, True)


@pytest.mark.django_db
def test_there_is_one_first() -> None:
    make_user("somebody")
    with pytest.raises(Conflict) as caught:
        services.create_first_administrator(username="ann", email="", password=PASSWORD)
    assert caught.value.code == "administrator_exists"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_one_becomes_administrator() -> None:
    start = Barrier(RACERS)

    def race(number: int) -> str:
        try:
            start.wait(10)
            services.create_first_administrator(
                username=f"racer-{number}", email="", password=PASSWORD
            )
        except AppError as error:
            return error.code
        finally:
            connection.close()
        return "made"

    with ThreadPoolExecutor(RACERS) as pool:
        outcomes = sorted(pool.map(race, range(RACERS)))
    assert outcomes == ["administrator_exists"] * (RACERS - 1) + ["made"]
    assert User.objects.count() == Org.objects.count() == 1


# --- From the environment ----------------------------------------------------------------------
@pytest.fixture
def named(settings: Settings) -> Settings:
    settings.ADMIN_EMAIL = "Ann.Lee@example.org"
    settings.ADMIN_PASSWORD = PASSWORD
    return settings


@pytest.mark.django_db
def test_the_environment_names_the_first(named: Settings) -> None:
    user = services.ensure_administrator()
    assert user is not None
    assert (user.username, user.email, user.is_superuser) == (
        "ann-lee",
        "ann.lee@example.org",
        True,
    )
    assert user.check_password(PASSWORD)


@pytest.mark.django_db
def test_the_next_start_changes_nothing(named: Settings) -> None:
    services.ensure_administrator()
    named.ADMIN_PASSWORD = "another good one"
    assert services.ensure_administrator() is None
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.django_db
def test_without_the_variables_nobody_is_made(settings: Settings) -> None:
    settings.ADMIN_EMAIL = settings.ADMIN_PASSWORD = None
    assert services.ensure_administrator() is None
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["ADMIN_EMAIL", "ADMIN_PASSWORD"])
def test_one_variable_without_the_other_is_refused(named: Settings, missing: str) -> None:
    setattr(named, missing, None)
    with pytest.raises(Invalid, match="both WANLLMDB_ADMIN_EMAIL and WANLLMDB_ADMIN_PASSWORD"):
        services.ensure_administrator()


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "value"), [("ADMIN_PASSWORD", "short"), ("ADMIN_EMAIL", "ann")])
def test_what_cannot_be_used_is_one_sentence(named: Settings, field: str, value: str) -> None:
    setattr(named, field, value)
    with pytest.raises(Invalid, match="WANLLMDB_ADMIN_EMAIL and WANLLMDB_ADMIN_PASSWORD cannot"):
        services.ensure_administrator()
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "username"),
    [
        ("admin@example.org", "administrator"),
        ("root@example.org", "administrator"),
        ("-_-@example.org", "administrator"),
        ("a+b@example.org", "a-b"),
        (f"{'x' * 64}@example.org", "x" * 63),
    ],
)
def test_the_username_comes_from_the_address(named: Settings, email: str, username: str) -> None:
    named.ADMIN_EMAIL = email
    user = services.ensure_administrator()
    assert user is not None
    assert user.username == username
