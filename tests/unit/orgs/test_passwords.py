import pytest

from apps.core.errors import Invalid
from apps.orgs import services
from apps.orgs.models import User

pytestmark = pytest.mark.django_db
LEAKED = "in lists of leaked passwords"
GUESSABLE = "easy to guess"


def refusal(password: str) -> str:
    """Return why somebody cannot have this password, empty if they can."""
    try:
        services.create_user(
            username="wilhelmina", name="Mina Harker", email="whitby@example.org", password=password
        )
    except Invalid as error:
        return " ".join(error.fields["password"])
    return ""


@pytest.mark.parametrize(
    "password", ["P@ssw0rd2024", "iloveyou1234", "Password123!", "Qwertyuiop1"]
)
def test_leaked_passwords_and_their_like_are_refused(password: str) -> None:
    assert LEAKED in refusal(password)


@pytest.mark.parametrize(
    "password", ["abcabcabcabc", "zaq1xsw2cde3vfr4"[:12], "Wilhelmina1!", "whitby@example.org"]
)
def test_what_follows_a_pattern_or_the_person_is_refused(password: str) -> None:
    assert refusal(password)


def test_the_reason_of_a_pattern_is_told() -> None:
    assert GUESSABLE in refusal("abcabcabcabc")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "k7#Lw-pT9vQz",
        "wer oft fragt, lernt viel",
        "我的密码是一句很长的话吧",
    ],
)
def test_good_ones_are_taken(password: str) -> None:
    assert refusal(password) == ""
    assert User.objects.get().check_password(password)


def test_a_very_long_one_is_looked_at_in_part() -> None:
    assert refusal("correct horse battery " * 40) == ""
