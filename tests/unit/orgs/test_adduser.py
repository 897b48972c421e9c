import json
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.orgs import authentication
from apps.orgs.models import Membership, Org, User
from apps.orgs.permissions import BuiltinRole
from tests.conftest import Cast
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def adduser(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    call_command("adduser", *arguments)
    (line,) = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_it_prints_one_line_with_a_key_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    line = adduser(capsys, "ann")
    assert line.keys() == {"username", "api_key", "org"}
    assert (line["username"], line["org"]) == ("ann", "ann")
    actor = authentication.actor_from_key(line["api_key"])
    assert (actor.username, actor.is_superuser) == ("ann", False)
    assert not User.objects.get().has_usable_password()


def test_all_options(capsys: pytest.CaptureFixture[str], cast: Cast) -> None:
    line = adduser(
        capsys, "new-one", "--email", "N@x.org", "--password", PASSWORD, "--admin", "--org", "acme"
    )
    user = User.objects.get(username="new-one")
    assert (user.email, user.is_superuser, user.is_staff) == ("n@x.org", True, True)
    assert user.check_password(PASSWORD)
    assert line["org"] == "acme"
    assert Membership.objects.get(org=cast.acme, user=user).role_id == BuiltinRole.MEMBER


def test_an_org_that_is_not_there_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    adduser(capsys, "ann", "--org", "lab")
    adduser(capsys, "mel", "--org", "lab")
    lab = Org.objects.get(slug="lab")
    roles = {m.user.username: m.role_id for m in lab.memberships.select_related("user")}
    assert roles == {"ann": BuiltinRole.ADMIN, "mel": BuiltinRole.MEMBER}


def test_one_s_own_org_may_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert adduser(capsys, "ann", "--org", "ann")["org"] == "ann"
    assert Membership.objects.get().role_id == BuiltinRole.ADMIN


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ann"], "There is a user ann already."),
        (["acme"], "This account cannot be made. username: This name is taken."),
        (["admin"], "This account cannot be made. username: This name is taken."),
        (["New One"], "username: Use 1 to 63 lower-case letters"),
        (["new-one", "--email", "x"], "email: "),
        (["new-one", "--email", "ANN@example.org"], "email: An account with this e-mail exists."),
        (["new-one", "--password", "short"], "password: This password is too short"),
        (["new-one", "--org", "Not An Org"], "This organisation cannot be saved. slug: "),
        (["new-one", "--org", "api"], "The name api is taken."),
    ],
)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(
    cast: Cast, arguments: list[str], sentence: str
) -> None:
    before = User.objects.count(), Org.objects.count()
    with pytest.raises(CommandError) as caught:
        call_command("adduser", *arguments)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (User.objects.count(), Org.objects.count()) == before


def test_as_a_program_it_fails_with_one_line_and_code_1(tmp_path: Any) -> None:
    """A data folder that no server has seen has no tables."""
    result = subprocess.run(
        [sys.executable, "manage.py", "adduser", "ann"],
        cwd=settings.BASE_DIR,
        env={"PATH": "/usr/bin:/bin", "WANLLMDB_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Start the server once, or run manage.py migrate." in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
